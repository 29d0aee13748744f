//! JEXL's common subset: arithmetic, comparison, logic, `? :`, methods of strings, namespaced functions.
//!
//! `expression/parse.rs` reads it, `expression/eval.rs` computes it with JEXL's strict arithmetic (a
//! string on either side of `+` joins), `expression/function.rs` has the functions, `expression/method.rs` the methods. What is beyond the
//! subset, as loops and lambdas, does not compile.

mod decision;
mod eval;
mod function;
mod method;
mod parse;

use super::row::{Cell, Row};
use super::trouble::Trouble;
pub(in crate::plugin) use decision::Decision;
pub(super) use eval::{json, of_json};
pub(super) use method::{replacement, split};
use std::collections::BTreeMap;

/// A compiled expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    text: String,
    tree: Node,
}

/// A part of an expression, with the column at which its operator stands.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Value(Cell),
    Variable(String),
    Unary(&'static str, Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>, usize),
    Choice(Box<Node>, Box<Node>, Box<Node>),
    /// `a ?: b` and `a ?? b`.
    Otherwise(Box<Node>, Box<Node>),
    /// `namespace:name(…)`; the namespace may be empty.
    Call(String, String, Vec<Node>, usize),
    /// `object.name(…)`
    Method(Box<Node>, String, Vec<Node>, usize),
    /// `object.name` and `object['name']`
    Member(Box<Node>, Box<Node>),
    List(Vec<Node>),
}

/// What variables are looked up in.
pub(super) struct Scope<'a> {
    pub row: &'a Row,
    /// Those that directives have set.
    pub variables: &'a BTreeMap<String, Cell>,
}

impl Expression {
    /// Compiles a text.
    ///
    /// # Errors
    /// The plugin's words.
    pub fn compile(text: &str) -> Result<Self, String> {
        match parse::parse(text) {
            Ok(tree) => Ok(Self {
                text: text.to_owned(),
                tree,
            }),
            Err(at) => Err(format!(
                "Error encountered while compiling '{}' at line '1' and column '{}'. Make sure a valid jexl transformation is provided.",
                at.detail.unwrap_or_else(|| text.to_owned()),
                at.column
            )),
        }
    }

    /// Computes it for a row.
    ///
    /// # Errors
    /// The plugin's words, or what is beyond the sandbox.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Cell, Trouble> {
        eval::value(&self.tree, scope).map_err(|stop| match stop {
            eval::Stop::At(column) => Trouble::Failed(format!(
                "Error encountered while executing '{}', at line '1' and column '{column}'. Make sure a valid jexl transformation is provided.",
                self.text
            )),
            eval::Stop::Mismatch(reason) => Trouble::Failed(format!(
                "Type mismatch. Change type of constant or convert to right data type using conversion functions available. Reason : {reason}"
            )),
            eval::Stop::Said(text) => Trouble::Failed(text),
            eval::Stop::Unsupported(what) => Trouble::Unsupported(what),
        })
    }

    /// Computes a condition. Neither true nor false is nothing, on which the plugin breaks.
    pub fn truth(&self, scope: &Scope<'_>) -> Result<bool, Trouble> {
        match self.value(scope)? {
            Cell::Bool(truth) => Ok(truth),
            Cell::Text(text) => Ok(text.eq_ignore_ascii_case("true")),
            // `ELResult.getBoolean` is null then, which unboxing raises without a message.
            _ => Err(Trouble::Failed("null".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> Row {
        let text = |text: &str| Cell::Text(text.into());
        Row(vec![
            ("name".into(), text("Ada Lovelace")),
            ("age".into(), Cell::Whole(36)),
            ("price".into(), Cell::Float(1.5)),
            ("sum".into(), Cell::Decimal("10.25".into())),
            ("digits".into(), text("5")),
            ("none".into(), Cell::Null),
            ("a".into(), Cell::Whole(7)),
        ])
    }

    fn compute(text: &str) -> Result<Cell, Trouble> {
        let variables = [("seen".to_owned(), Cell::Whole(2))].into();
        let row = row();
        let scope = Scope {
            row: &row,
            variables: &variables,
        };
        Expression::compile(text).map_err(Trouble::Failed)?.value(&scope)
    }

    #[test]
    fn it_computes_as_jexl_does() {
        for (text, expected) in [
            ("1 + 2 * 3", "7"),
            ("7 / 2", "3"),
            ("7 / 2.0", "3.5"),
            ("-age + 40", "4"),
            ("a - 1", "6"),
            ("a-1", "6"),
            ("10 % 4", "2"),
            ("digits + 1", "51"),
            ("digits * 2", "10"),
            ("digits == 5", "true"),
            ("age > 30 && price < 2 ? 'old' : 'young'", "old"),
            ("age ge 36 and not (age eq 37)", "true"),
            ("name =~ 'Ada.*'", "true"),
            ("name !~ 'Ada'", "true"),
            ("name =^ 'Ada'", "true"),
            ("name =$ 'x'", "false"),
            ("name.toUpperCase().substring(0, 3)", "ADA"),
            ("name.length() + seen", "14"),
            ("none == null", "true"),
            ("none ?: 'x'", "x"),
            ("empty(none) || empty ''", "true"),
            ("size(name)", "12"),
            ("math:max(age, 40)", "40"),
            ("math :ceil ( price ) ", "2.0"),
            ("string:upperCase('x') + \"y\"", "Xy"),
            ("string:isBlank(' ')", "true"),
            ("toInteger(digits) + 1", "6"),
            ("concat(name, '-', digits)", "Ada Lovelace-5"),
            ("coalesce(none, 'c')", "c"),
            ("this['name']", "Ada Lovelace"),
            ("this.width()", "7"),
            ("decimal:add(sum, 1)", "11.25"),
            ("sum > 10", "true"),
            ("age =~ [1, 36]", "true"),
            ("missing == null", "true"),
            ("name.split(' ')[1]", "Lovelace"),
        ] {
            assert_eq!(
                compute(text).map(|cell| cell.text()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_computed_says_so() {
        for (text, words) in [
            ("1 +", "Error encountered while compiling"),
            ("age > ", "while compiling"),
            (
                "none + 1",
                "Error encountered while executing 'none + 1', at line '1' and column '6'",
            ),
            ("1 / 0", "while executing"),
            ("name * 2", "Type mismatch. Change type of constant"),
            ("math:nope(1)", "Function 'math:nope'"),
            ("name.nope()", "while executing"),
        ] {
            let (Trouble::Failed(error) | Trouble::Unsupported(error)) = compute(text).unwrap_err() else {
                panic!("{text}")
            };
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _ = compute(&text);
        }

        #[test]
        fn no_expression_breaks_it(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "age", "name", "none", "1", "-9223372036854775808", "9223372036854775807", "0", "1.5e308", "'x'",
                    "+", "-", "*", "/", "%", "==", "<", "&&", "?", ":", "(", ")", ".length()", ".substring(3,1)", "[",
                    "]", ",", "math:abs(", "!", "=~", "this", "string:", "null", "?:",
                ]),
                0..12,
            )
        ) {
            let _ = compute(&words.join(" "));
        }
    }
}
