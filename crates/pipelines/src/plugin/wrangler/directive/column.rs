//! Directives that add, remove, rename or fill columns.

use super::super::error::DirectiveError;
use super::super::row::{self, Cell, Row};
use super::super::usage::Arguments;
use super::{RowFunction, compile, missing, modify_each_row, modify_row, scope, text};
use serde_json::{Map, Value as Json};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    columns(name, arguments).or_else(|| cells(name, arguments))
}

/// Directives that change which columns there are, and their names.
fn columns(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "rename" => rename(argument("source"), argument("target")),
        "drop" => drop_columns(arguments.columns("column")),
        "keep" => keep(arguments.columns("column")),
        "copy" => copy(
            argument("source"),
            argument("destination"),
            arguments.boolean("force") == Some(true),
        ),
        "swap" => swap(argument("left"), argument("right")),
        "merge" => merge(
            &[argument("column1"), argument("column2"), argument("destination")],
            &argument("separator"),
        ),
        "set-headers" => set_headers(arguments.columns("column")),
        "cleanse-column-names" => rename_all(|name| {
            let lower = name.trim().to_lowercase();
            let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '_';
            lower.replace(|c| !is_kept(c), "_")
        }),
        "change-column-case" => match argument("case").to_lowercase().as_str() {
            "upper" | "uppercase" => rename_all(str::to_uppercase),
            _ => rename_all(str::to_lowercase),
        },
        "columns-replace" => Some(replace_in_names(&argument("sed-expression"))),
        _ => None,
    }
}

/// Directives that fill a column.
fn cells(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "set-column" => Some(set(argument("column"), &argument("expression"))),
        "fill-null-or-empty" => fill(argument("column"), argument("value")),
        "generate-uuid" => {
            let column = argument("column");
            modify_each_row(move |row| {
                row.add_or_set(&column, Cell::Text(uuid::Uuid::new_v4().to_string()));
                Ok(())
            })
        }
        "write-as-json-object" => {
            let (column, columns) = (argument("column"), arguments.columns("col"));
            modify_each_row(move |row| {
                let object = object(row, columns.iter());
                row.add_or_set(&column, Cell::Json(object));
                Ok(())
            })
        }
        "write-as-json-map" => {
            let column = argument("column");
            modify_each_row(move |row| {
                let names: Vec<String> = row.0.iter().map(|(name, _)| name.clone()).collect();
                let object = object(row, names.iter());
                row.add_or_set(&column, Cell::Text(object.to_string()));
                Ok(())
            })
        }
        _ => None,
    }
}

fn set(column: String, text: &str) -> Result<RowFunction, DirectiveError> {
    let expression = compile("set-column", text)?;
    Ok(Box::new(move |mut row, store| {
        let cell = expression.value(&scope(&row, store));
        row.add_or_set(&column, cell.map_err(|error| error.in_directive("set-column"))?);
        Ok(vec![row])
    }))
}

fn rename(source: String, target: String) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let Some(at) = row.find(&source) else {
            return Ok(());
        };
        if row.find(&target).is_some_and(|other| other != at) {
            return Err(DirectiveError::execution(
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

fn copy(source: String, target: String, force: bool) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let at = row.find(&source).ok_or_else(|| missing("copy", &source))?;
        let cell = row.0[at].1.clone();
        match row.find(&target) {
            Some(other) if other == at => {}
            Some(_) if !force => {
                return Err(DirectiveError::execution(
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

fn merge(columns: &[String; 3], between: &str) -> Option<Result<RowFunction, DirectiveError>> {
    let [first, second, target] = columns.clone();
    let between = text::unescaped(between);
    modify_each_row(move |row| {
        if let (Some(one), Some(other)) = (row.get(&first), row.get(&second)) {
            let merged = format!("{}{between}{}", one.text(), other.text());
            row.add(target.as_str(), Cell::Text(merged));
        }
        Ok(())
    })
}

fn drop_columns(columns: Vec<String>) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        for column in &columns {
            if let Some(at) = row.find(column.trim()) {
                row.0.remove(at);
            }
        }
        Ok(())
    })
}

/// The only directive whose column names are case-sensitive.
fn keep(columns: Vec<String>) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        row.0.retain(|(name, _)| columns.contains(name));
        Ok(())
    })
}

fn swap(left: String, right: String) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let at = row.find(&left).ok_or_else(|| missing("swap", &left))?;
        let other = row.find(&right).ok_or_else(|| missing("swap", &right))?;
        row.0[at].0.clone_from(&right);
        row.0[other].0.clone_from(&left);
        Ok(())
    })
}

fn set_headers(columns: Vec<String>) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        for ((name, _), new) in row.0.iter_mut().zip(&columns) {
            new.trim().clone_into(name);
        }
        Ok(())
    })
}

fn replace_in_names(script: &str) -> Result<RowFunction, DirectiveError> {
    let sed = text::Sed::parse("columns-replace", script)?;
    Ok(modify_row(move |row| {
        for (name, _) in &mut row.0 {
            *name = sed.replace(name)?;
        }
        Ok(())
    }))
}

fn rename_all(new: impl Fn(&str) -> String + 'static) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        for (name, _) in &mut row.0 {
            *name = new(name);
        }
        Ok(())
    })
}

fn fill(column: String, value: String) -> Option<Result<RowFunction, DirectiveError>> {
    if value.is_empty() {
        return Some(Err(DirectiveError::parse(
            "fill-null-or-empty",
            "Fixed value cannot be an empty string",
        )));
    }
    modify_each_row(move |row| {
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

/// A JSON object of these columns; dates and the like are left out, as in the plugin.
fn object<'a>(row: &Row, names: impl Iterator<Item = &'a String>) -> Json {
    let mut object = Map::new();
    for name in names {
        if let Some(
            cell @ (Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_) | Cell::Text(_) | Cell::Json(_)),
        ) = row.get(name)
        {
            object.insert(name.clone(), row::json(cell));
        }
    }
    Json::Object(object)
}
