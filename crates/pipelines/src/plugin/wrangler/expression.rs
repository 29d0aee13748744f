//! A subset of JEXL: arithmetic, comparison, logic, `? :`, methods of strings, functions with namespaces.
//!
//! `expression/parse.rs` parses it, `expression/eval.rs` evaluates it with JEXL's strict arithmetic (`+` with a
//! string concatenates), `expression/function.rs` has the functions, `expression/method.rs` the methods,
//! `expression/value.rs` numbers and conversions. Loops, lambdas and the like do not compile.

mod boolean;
mod eval;
mod function;
mod method;
mod parse;
mod value;

use super::error::DirectiveError;
use super::row::{Cell, Row};
pub(in crate::plugin) use boolean::BooleanExpression;
pub(super) use method::{MAX_PARTS, replacement, split};
use std::cell::Cell as Counter;
use std::collections::BTreeMap;
pub(super) use value::replaced;

/// A compiled expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    text: String,
    tree: Node,
}

/// A node of the syntax tree; a number is the column of the operator.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Value(Cell),
    Variable(String),
    Unary(&'static str, Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>, usize),
    Ternary(Box<Node>, Box<Node>, Box<Node>),
    /// `a ?: b` and `a ?? b`.
    Coalesce(Box<Node>, Box<Node>),
    /// `namespace:name(…)`; the namespace may be empty.
    Call(String, String, Vec<Node>, usize),
    /// `object.name(…)`.
    Method(Box<Node>, String, Vec<Node>, usize),
    /// `object.name` and `object['name']`.
    Member(Box<Node>, Box<Node>),
    List(Vec<Node>),
}

/// The values of variables.
pub(super) struct Scope<'a> {
    row: &'a Row,
    /// The variables that directives have set.
    variables: &'a BTreeMap<String, Cell>,
    /// How many bytes the values so far have: more than those that are held at the same time.
    produced: Counter<usize>,
}

impl<'a> Scope<'a> {
    /// The values of a row, and the variables that directives have set.
    pub fn new(row: &'a Row, variables: &'a BTreeMap<String, Cell>) -> Self {
        Self {
            row,
            variables,
            produced: Counter::new(0),
        }
    }
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// The plugin's message.
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

    /// Evaluates it for a row.
    ///
    /// # Errors
    /// The plugin's message, or something that the sandbox does not support.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Cell, DirectiveError> {
        eval::value(&self.tree, scope).map_err(|stop| match stop {
            value::EvalError::Jexl(column) => DirectiveError::Failed(format!(
                "Error encountered while executing '{}', at line '1' and column '{column}'. Make sure a valid jexl transformation is provided.",
                self.text
            )),
            value::EvalError::TypeMismatch(reason) => DirectiveError::Failed(format!(
                "Type mismatch. Change type of constant or convert to right data type using conversion functions available. Reason : {reason}"
            )),
            value::EvalError::Function(text) => DirectiveError::Failed(text),
            value::EvalError::Unsupported(what) => DirectiveError::Unsupported(what),
        })
    }

    /// Evaluates it as a condition; any other value than a boolean is an error, as in the plugin.
    pub fn truth(&self, scope: &Scope<'_>) -> Result<bool, DirectiveError> {
        match self.value(scope)? {
            Cell::Bool(truth) => Ok(truth),
            Cell::Text(text) => Ok(text.eq_ignore_ascii_case("true")),
            // `ELResult.getBoolean` returns null, and unboxing it throws an exception without a message.
            _ => Err(DirectiveError::Failed("null".to_owned())),
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
            ("age".into(), Cell::Long(36)),
            ("price".into(), Cell::Float(1.5)),
            ("sum".into(), Cell::Decimal("10.25".into())),
            ("digits".into(), text("5")),
            ("none".into(), Cell::Null),
            ("a".into(), Cell::Long(7)),
        ])
    }

    fn compute(text: &str) -> Result<Cell, DirectiveError> {
        let variables = [("seen".to_owned(), Cell::Long(2))].into();
        let row = row();
        let scope = Scope::new(&row, &variables);
        Expression::compile(text)
            .map_err(DirectiveError::Failed)?
            .value(&scope)
    }

    #[test]
    fn expressions_are_evaluated_as_by_jexl() {
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
    fn an_expression_that_nests_or_grows_without_end_is_an_error() {
        let brackets = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        let chain = |count: usize| format!("1{}", " + 1".repeat(count));
        for (text, expected) in [(brackets(59), "1"), (chain(250), "251")] {
            assert_eq!(compute(&text).unwrap().text(), expected);
        }
        let million = 1_000_000;
        for text in [
            brackets(61),
            brackets(million),
            chain(251),
            chain(100_000),
            "(".repeat(million),
            "!".repeat(million),
            "-".repeat(million),
            "[".repeat(million),
            "not ".repeat(100_000),
            "true ? 1 : ".repeat(100_000),
            "1 ?: ".repeat(100_000),
            format!("name{}", ".a".repeat(million)),
            format!("name{}", "['a']".repeat(100_000)),
            format!("math:abs({}", "math:abs(".repeat(100_000)),
        ] {
            let Err(DirectiveError::Failed(error)) = compute(&text) else {
                panic!("{text:.80}");
            };
            assert!(
                error.starts_with("Error encountered while compiling"),
                "{error:.200}"
            );
        }
        for text in [
            "string:repeat('x', 11000000)",
            "string:repeat('x', 9000000).replaceAll('x', 'yyyyyyyyyy')",
            "string:repeat('x', 9000000).replaceAll('(x+)', '$1$1')",
            "string:repeat('x', 9000000).replace('x', 'yy')",
            "string:replace(string:repeat('x', 9000000), 'x', 'yy')",
            "size(string:repeat('x', 9000000)) + size(string:repeat('x', 9000000) + string:repeat('x', 9000000) + \
             string:repeat('x', 9000000) + string:repeat('x', 9000000))",
            "'xxxxxxxxxxxxxxxx'.split('')[0] + string:repeat('x,', 1000000).split(',')[0]",
        ] {
            let outcome = compute(text);
            assert!(matches!(outcome, Err(DirectiveError::Unsupported(_))), "{text}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_evaluated_is_an_error() {
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
            let (DirectiveError::Failed(error) | DirectiveError::Unsupported(error)) =
                compute(text).unwrap_err()
            else {
                panic!("{text}")
            };
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_handled(text in any::<String>()) {
            let _ = compute(&text);
        }

        #[test]
        fn any_expression_is_handled(
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
