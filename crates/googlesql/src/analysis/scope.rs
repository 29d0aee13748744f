//! What names mean where an expression stands.

use super::grouping::Grouping;
use super::window::Windows;
use super::{Analyst, Relation, Typed};
use crate::error::SqlError;
use crate::syntax::tree::{Expression, Place};
use crate::value::{Column, ColumnType};

/// A column that can be named.
#[derive(Clone)]
pub(crate) struct Named {
    /// The alias of its table.
    pub table: Option<String>,
    pub column: Column,
    /// Only with its table's name before it: another column of the name stands for both (USING).
    pub shadowed: bool,
    /// The table is an array's elements: its alias names the element itself.
    pub element: bool,
}

impl Named {
    pub fn all(table: Option<&str>, columns: &[Column]) -> Vec<Self> {
        let one = |column: &Column| Self {
            table: table.map(str::to_owned),
            column: column.clone(),
            shadowed: false,
            element: false,
        };
        columns.iter().map(one).collect()
    }

    fn is_called(&self, name: &str) -> bool {
        self.column.name.eq_ignore_ascii_case(name)
    }

    fn is_of(&self, table: &str) -> bool {
        self.table
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(table))
    }
}

/// The queries that WITH has named.
pub(super) type Ctes = Vec<(String, Relation)>;

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub columns: &'s [Named],
    pub parent: Option<&'s Scope<'s>>,
    pub ctes: &'s Ctes,
    /// Behind GROUP BY: the rows are groups.
    pub grouping: Option<&'s Grouping<'s>>,
    /// Where window functions may stand.
    pub windows: Option<&'s Windows>,
    /// Items of the SELECT that have names.
    pub aliases: &'s [(String, Expression)],
    /// Whether such a name comes before a column's (ORDER BY).
    pub aliases_first: bool,
    /// How many scopes are around it.
    pub level: usize,
}

const NO_CTES: &Ctes = &Vec::new();

impl<'s> Scope<'s> {
    /// Nothing to see.
    pub const EMPTY: Scope<'static> = Scope {
        columns: &[],
        parent: None,
        ctes: NO_CTES,
        grouping: None,
        windows: None,
        aliases: &[],
        aliases_first: false,
        level: 0,
    };

    /// These columns, inside of this scope.
    pub const fn inner<'t>(&'t self, columns: &'t [Named]) -> Scope<'t>
    where
        's: 't,
    {
        Scope {
            columns,
            parent: Some(self),
            ctes: self.ctes,
            level: self.level + 1,
            ..Scope::EMPTY
        }
    }

    /// Where the column of a table is, so many queries further out: a table's name hides a column that is
    /// called the same.
    pub fn of_table_called(&self, table: &str, name: &str) -> Option<(usize, Vec<usize>)> {
        let mut here = Some(self);
        let mut depth = 0;
        while let Some(scope) = here {
            let places = scope.of_table(table);
            if places.iter().any(|&place| scope.columns[place].is_called(name)) {
                return Some((depth, places));
            }
            if scope.columns.iter().any(|column| column.is_called(table)) {
                return None;
            }
            here = scope.parent;
            depth += 1;
        }
        None
    }

    /// The places of the columns of this table.
    pub fn of_table(&self, table: &str) -> Vec<usize> {
        let all = self.columns.iter().enumerate();
        all.filter(|(_, named)| named.is_of(table))
            .map(|(i, _)| i)
            .collect()
    }
}

/// What was found for a name.
pub(super) enum Found {
    Value(Typed),
    /// A table's alias: its columns, so many queries further out.
    Table {
        depth: usize,
        places: Vec<usize>,
    },
}

impl Analyst<'_> {
    /// What a bare name means.
    ///
    /// # Errors
    /// Nothing, two things, or a column that is not grouped.
    pub(super) fn name(&self, scope: &Scope<'_>, name: &str, at: Place) -> Result<Found, SqlError> {
        match self.look(scope, name, at)? {
            Some(found) => Ok(found),
            None => Err(self.unrecognized(scope, name, at)),
        }
    }

    /// As [`Analyst::name`], and `None` for nothing.
    pub(super) fn look(&self, scope: &Scope<'_>, name: &str, at: Place) -> Result<Option<Found>, SqlError> {
        let mut here = Some(scope);
        let mut depth = 0;
        while let Some(scope) = here {
            let alias = |scope: &Scope<'_>| {
                let found = scope
                    .aliases
                    .iter()
                    .find(|(alias, _)| alias.eq_ignore_ascii_case(name));
                let bare = Scope {
                    aliases: &[],
                    ..*scope
                };
                found
                    .map(|(_, tree)| self.expression(&bare, tree).map(Found::Value))
                    .transpose()
            };
            if scope.aliases_first
                && depth == 0
                && let Some(found) = alias(scope)?
            {
                return Ok(Some(found));
            }
            let mut matches = scope
                .columns
                .iter()
                .enumerate()
                .filter(|(_, c)| !c.shadowed && c.is_called(name));
            if let Some((index, _)) = matches.next() {
                if matches.next().is_some() {
                    return Err(self.wrong(at, format!("Column name {name} is ambiguous")));
                }
                return self
                    .column(scope, depth, index, at)
                    .map(|typed| Some(Found::Value(typed)));
            }
            let places = scope.of_table(name);
            if let [only] = places.as_slice()
                && scope.columns[*only].element
            {
                return self
                    .column(scope, depth, *only, at)
                    .map(|typed| Some(Found::Value(typed)));
            }
            if !places.is_empty() {
                return Ok(Some(Found::Table { depth, places }));
            }
            if !scope.aliases_first
                && depth == 0
                && let Some(found) = alias(scope)?
            {
                return Ok(Some(found));
            }
            here = scope.parent;
            depth += 1;
        }
        Ok(None)
    }

    /// A column of a scope; of a grouped one, the key that it is.
    pub(super) fn column(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        index: usize,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let column = &scope.columns[index].column;
        self.session.reach(scope.level);
        let Some(grouping) = scope.grouping else {
            return Ok(Typed::cell(column.kind.clone(), depth, index));
        };
        match grouping.key_of_column(index) {
            Some(key) => Ok(Typed::cell(column.kind.clone(), depth, key)),
            None => Err(self.wrong(
                at,
                format!(
                    "SELECT list expression references column {} which is neither grouped nor aggregated",
                    column.name
                ),
            )),
        }
    }

    /// A table's row as a STRUCT.
    pub(super) fn whole_row(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        places: &[usize],
        at: Place,
    ) -> Result<Typed, SqlError> {
        let mut owner = scope;
        for _ in 0..depth {
            owner = owner.parent.unwrap_or(owner);
        }
        let fields: Vec<Column> = places.iter().map(|&i| owner.columns[i].column.clone()).collect();
        let cells = places
            .iter()
            .map(|&i| self.column(owner, depth, i, at))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(super::expression::struct_of(fields, cells))
    }

    fn unrecognized(&self, scope: &Scope<'_>, name: &str, at: Place) -> SqlError {
        let mut near: Option<(usize, &str)> = None;
        let mut here = Some(scope);
        while let Some(scope) = here {
            for named in scope.columns {
                let apart = distance(&named.column.name.to_lowercase(), &name.to_lowercase());
                // As near as ZetaSQL wants it: a quarter of the letters may differ here.
                if apart * 4 <= name.chars().count() && near.is_none_or(|(best, _)| apart < best) {
                    near = Some((apart, &named.column.name));
                }
            }
            here = scope.parent;
        }
        match near {
            Some((_, other)) => self.wrong(at, format!("Unrecognized name: {name}; Did you mean {other}?")),
            None => self.wrong(at, format!("Unrecognized name: {name}")),
        }
    }
}

/// How many letters must change to make one word of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let cost = before + usize::from(a != *b);
            before = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(before + 1);
        }
    }
    row[right.len()]
}

/// The type of a struct's field by name, and its place.
pub(super) fn field<'k>(kind: &'k ColumnType, name: &str) -> Option<(usize, &'k Column)> {
    match kind {
        ColumnType::Struct(fields) => fields
            .iter()
            .enumerate()
            .find(|(_, field)| field.name.eq_ignore_ascii_case(name)),
        _ => None,
    }
}
