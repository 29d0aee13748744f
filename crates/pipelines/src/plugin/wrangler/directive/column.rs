//! Directives about columns: their names, their order, what is in them as a whole.

use super::super::expression;
use super::super::row::{Cell, Row};
use super::super::trouble::Trouble;
use super::super::usage::Arguments;
use super::{Work, compile, each, missing, scope, text};
use serde_json::{Map, Value as Json};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    columns(name, arguments).or_else(|| cells(name, arguments))
}

/// Which columns there are, and what they are called.
fn columns(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    let of = |name: &str| arguments.required(name);
    match name {
        "rename" => rename(of("source"), of("target")),
        "drop" => {
            let columns = arguments.columns("column");
            each(move |row| {
                for column in &columns {
                    if let Some(at) = row.find(column.trim()) {
                        row.0.remove(at);
                    }
                }
                Ok(())
            })
        }
        "keep" => {
            let columns = arguments.columns("column");
            // The one directive that minds the case.
            each(move |row| {
                row.0.retain(|(name, _)| columns.contains(name));
                Ok(())
            })
        }
        "copy" => copy(
            of("source"),
            of("destination"),
            arguments.truth("force") == Some(true),
        ),
        "swap" => {
            let (left, right) = (of("left"), of("right"));
            each(move |row| {
                let at = row.find(&left).ok_or_else(|| missing("swap", &left))?;
                let other = row.find(&right).ok_or_else(|| missing("swap", &right))?;
                row.0[at].0.clone_from(&right);
                row.0[other].0.clone_from(&left);
                Ok(())
            })
        }
        "merge" => merge(
            &[of("column1"), of("column2"), of("destination")],
            &of("separator"),
        ),
        "set-headers" => {
            let columns = arguments.columns("column");
            each(move |row| {
                for ((name, _), new) in row.0.iter_mut().zip(&columns) {
                    new.trim().clone_into(name);
                }
                Ok(())
            })
        }
        "cleanse-column-names" => renamed(|name| {
            let lower = name.trim().to_lowercase();
            let kept = |c: char| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c
                } else {
                    '_'
                }
            };
            Ok(lower.chars().map(kept).collect())
        }),
        "change-column-case" => {
            let upper = matches!(of("case").to_lowercase().as_str(), "upper" | "uppercase");
            renamed(move |name| {
                Ok(if upper {
                    name.to_uppercase()
                } else {
                    name.to_lowercase()
                })
            })
        }
        "columns-replace" => Some(
            text::Sed::parse("columns-replace", &of("sed-expression")).map(|sed| {
                let work: Work = Box::new(move |mut row, _| {
                    for (name, _) in &mut row.0 {
                        *name = sed.replace(name);
                    }
                    Ok(vec![row])
                });
                work
            }),
        ),
        _ => None,
    }
}

/// What is in them.
fn cells(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    let of = |name: &str| arguments.required(name);
    match name {
        "set-column" => Some(set(of("column"), &of("expression"))),
        "fill-null-or-empty" => fill(of("column"), of("value")),
        "generate-uuid" => {
            let column = of("column");
            each(move |row| {
                row.add_or_set(&column, Cell::Text(uuid::Uuid::new_v4().to_string()));
                Ok(())
            })
        }
        "write-as-json-object" => {
            let (column, columns) = (of("column"), arguments.columns("col"));
            each(move |row| {
                let object = object(row, columns.iter());
                row.add_or_set(&column, Cell::Json(object));
                Ok(())
            })
        }
        "write-as-json-map" => {
            let column = of("column");
            each(move |row| {
                let names: Vec<String> = row.0.iter().map(|(name, _)| name.clone()).collect();
                let object = object(row, names.iter());
                row.add_or_set(&column, Cell::Text(object.to_string()));
                Ok(())
            })
        }
        _ => None,
    }
}

fn set(column: String, text: &str) -> Result<Work, Trouble> {
    let expression = compile("set-column", text)?;
    Ok(Box::new(move |mut row, context| {
        let cell = expression.value(&scope(&row, context));
        row.add_or_set(&column, cell.map_err(|trouble| trouble.within("set-column"))?);
        Ok(vec![row])
    }))
}

fn rename(source: String, target: String) -> Option<Result<Work, Trouble>> {
    each(move |row| {
        let Some(at) = row.find(&source) else {
            return Ok(());
        };
        if row.find(&target).is_some_and(|other| other != at) {
            return Err(Trouble::executing(
                "rename",
                format!(
                    "Column '{target}' already exists. Apply the 'drop {target}' directive before renaming '{source}' to '{target}'."
                ),
            ));
        }
        row.0[at].0.clone_from(&target);
        Ok(())
    })
}

fn copy(source: String, target: String, force: bool) -> Option<Result<Work, Trouble>> {
    each(move |row| {
        let at = row.find(&source).ok_or_else(|| missing("copy", &source))?;
        let cell = row.0[at].1.clone();
        match row.find(&target) {
            Some(other) if other == at => {}
            Some(_) if !force => {
                return Err(Trouble::executing(
                    "copy",
                    format!(
                        "Destination column '{target}' already exists in the row. Use 'force' option to overwrite the column."
                    ),
                ));
            }
            Some(other) => row.set(other, cell),
            None => row.add(target.as_str(), cell),
        }
        Ok(())
    })
}

fn merge(columns: &[String; 3], between: &str) -> Option<Result<Work, Trouble>> {
    let [first, second, target] = columns.clone();
    let between = text::unescaped(between);
    each(move |row| {
        if let (Some(one), Some(other)) = (row.get(&first), row.get(&second)) {
            let merged = format!("{}{between}{}", one.text(), other.text());
            row.add(target.as_str(), Cell::Text(merged));
        }
        Ok(())
    })
}

fn renamed(new: impl Fn(&str) -> Result<String, Trouble> + 'static) -> Option<Result<Work, Trouble>> {
    each(move |row| {
        for (name, _) in &mut row.0 {
            *name = new(name)?;
        }
        Ok(())
    })
}

fn fill(column: String, value: String) -> Option<Result<Work, Trouble>> {
    if value.is_empty() {
        return Some(Err(Trouble::parsing(
            "fill-null-or-empty",
            "Fixed value cannot be an empty string",
        )));
    }
    each(move |row| {
        let empty = match row.get(&column) {
            None | Some(Cell::Null | Cell::Json(Json::Null)) => true,
            Some(Cell::Text(text)) => text.is_empty(),
            Some(_) => false,
        };
        if empty {
            row.add_or_set(&column, Cell::Text(value.clone()));
        }
        Ok(())
    })
}

/// Dates and the like are left out, as the plugin leaves them out.
fn object<'a>(row: &Row, names: impl Iterator<Item = &'a String>) -> Json {
    let mut object = Map::new();
    for name in names {
        if let Some(
            cell @ (Cell::Whole(_) | Cell::Float(_) | Cell::Decimal(_) | Cell::Text(_) | Cell::Json(_)),
        ) = row.get(name)
        {
            object.insert(name.clone(), expression::json(cell));
        }
    }
    Json::Object(object)
}
