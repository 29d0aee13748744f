//! The parameters of all system directives (the plugin's `UsageDefinition`), and how arguments are matched to them.
//!
//! All system directives are listed, so recipes can be deployed as on a server; one that the sandbox does not
//! execute fails the run (`directive.rs`).

use super::error::DirectiveError;
use super::recipe::{Argument, Statement};
use std::collections::BTreeMap;

/// The directives with their parameters: `name:type`, with `?` after the name of an optional one.
const SYSTEM_DIRECTIVES: &[(&str, &str)] = &[
    ("catalog-lookup", "catalog:text column:column"),
    ("change-column-case", "case?:identifier"),
    ("cleanse-column-names", ""),
    ("columns-replace", "sed-expression:text"),
    ("copy", "source:column destination:column force?:bool"),
    ("create-record", "target_column:column columns:columns"),
    ("current-datetime", "column:column timezone?:text"),
    ("cut-character", "source:column destination:column ranges:text"),
    (
        "data-model-map-column",
        "data-model-url:text data-model:text revision:number model:text target-field:text column:column",
    ),
    ("datetime-to-timestamp", "column:column timezone?:text"),
    ("decode", "method:text column:column"),
    ("diff-date", "column1:column column2:column destination:column"),
    ("drop", "column:columns"),
    ("encode", "method:text column:column"),
    ("extract-regex-groups", "column:column regex:text"),
    ("fail", "condition:expression"),
    ("fill-null-or-empty", "column:column value:text"),
    (
        "filter-by-regex",
        "match-type:identifier column:column regex:text",
    ),
    ("filter-empty-or-null", "column:columns"),
    ("filter-row", "condition:expression type?:bool"),
    ("find-and-replace", "column:columns pattern:text"),
    ("flatten", "column:columns"),
    ("flatten-record", "columns:columns"),
    (
        "format-as-currency",
        "source:column destination:column locale?:text",
    ),
    ("format-date", "column:column format:text"),
    ("format-datetime", "column:column format?:text"),
    ("generate-uuid", "column:column"),
    ("hash", "column:column algorithm:text encode?:bool"),
    (
        "increment-variable",
        "variable:identifier value:number condition:expression",
    ),
    (
        "indexsplit",
        "source:column start:number end:number destination:column",
    ),
    ("invoke-http", "url:text column:columns header?:text"),
    ("json-path", "source:column destination:column json-path:text"),
    ("keep", "column:columns"),
    ("lowercase", "column:column"),
    ("ltrim", "column:column"),
    ("mask-number", "column:column mask:text"),
    ("mask-shuffle", "column:column"),
    (
        "merge",
        "column1:column column2:column destination:column separator:text",
    ),
    (
        "parse-as-avro",
        "column:column schema-id:identifier encode-type:identifier version?:number",
    ),
    ("parse-as-avro-file", "column:column"),
    ("parse-as-csv", "col:column delimiter?:text header?:bool"),
    (
        "parse-as-currency",
        "source:column destination:column locale?:text",
    ),
    ("parse-as-date", "column:column timezone?:text"),
    ("parse-as-datetime", "column:column format?:text"),
    (
        "parse-as-excel",
        "column:column sheet?:text first-row-as-header?:bool",
    ),
    (
        "parse-as-fixed-length",
        "column:column width:numbers padding?:text",
    ),
    ("parse-as-hl7", "column:column depth?:number"),
    ("parse-as-json", "column:column depth?:number"),
    ("parse-as-log", "column:column format:text"),
    (
        "parse-as-protobuf",
        "column:column schema-id:identifier record-name:text version?:number",
    ),
    ("parse-as-simple-date", "column:column format:text"),
    ("parse-timestamp", "column:column timeunit?:text"),
    (
        "parse-xml-to-json",
        "column:column depth?:number keep-string?:bool",
    ),
    ("quantize", "source:column destination:column ranges:ranges"),
    ("rename", "source:column target:column"),
    ("rtrim", "column:column"),
    (
        "send-to-error",
        "condition:expression metric?:identifier message?:text",
    ),
    (
        "send-to-error-and-continue",
        "condition:expression metric?:identifier message?:text",
    ),
    ("set-charset", "column:column charset:text"),
    ("set-column", "column:column expression:expression"),
    ("set-headers", "column:columns"),
    ("set-record-delim", "column:column delimiter:text limit?:number"),
    (
        "set-type",
        "column:column type:identifier scale?:number rounding-mode?:text precision?:properties",
    ),
    ("set-variable", "variable:identifier condition:expression"),
    (
        "split",
        "source:column delimiter:text column1:column column2:column",
    ),
    ("split-email", "column:column"),
    ("split-to-columns", "column:column regex:text"),
    ("split-to-rows", "column:column regex:text"),
    ("split-url", "column:column"),
    ("stemming", "column:column"),
    ("swap", "left:column right:column"),
    ("table-lookup", "column:column table:text"),
    (
        "text-distance",
        "method:text column1:column column2:column destination:column",
    ),
    (
        "text-metric",
        "method:text column1:column column2:column destination:column",
    ),
    ("timestamp-to-datetime", "column:column"),
    ("titlecase", "column:column"),
    ("trim", "column:column"),
    ("uppercase", "column:column"),
    ("url-decode", "column:column"),
    ("url-encode", "column:column"),
    ("validate-standard", "column:column standard-spec:identifier"),
    ("write-as-csv", "column:column"),
    ("write-as-json-map", "column:column"),
    ("write-as-json-object", "column:column col?:columns"),
];

/// Whether the system has a directive of this name.
pub(super) fn is_directive(name: &str) -> bool {
    SYSTEM_DIRECTIVES.iter().any(|(known, _)| *known == name)
}

/// The names of all directives.
#[cfg(test)]
pub(super) fn directives() -> impl Iterator<Item = &'static str> {
    SYSTEM_DIRECTIVES.iter().map(|(name, _)| *name)
}

/// The arguments of a directive by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Arguments(BTreeMap<&'static str, Argument>);

/// A parameter of a directive.
struct Parameter {
    name: &'static str,
    kind: &'static str,
    optional: bool,
}

fn parameters_of(definition: &'static str) -> impl Iterator<Item = Parameter> {
    definition.split_whitespace().filter_map(|part| {
        let (name, kind) = part.split_once(':')?;
        let optional = name.ends_with('?');
        let name = name.trim_end_matches('?');
        Some(Parameter { name, kind, optional })
    })
}

impl Arguments {
    /// Matches the arguments of a statement to the directive's parameters.
    ///
    /// # Errors
    /// An unknown directive, a wrong number of arguments or an argument of another type, with the plugin's message.
    pub fn from_statement(statement: &Statement) -> Result<Self, DirectiveError> {
        let name = &statement.name;
        let Some((_, definition)) = SYSTEM_DIRECTIVES.iter().find(|(known, _)| known == name) else {
            return Err(DirectiveError::Failed(format!(
                "Directive '{name}' not found in system and user scope. Check the name of directive."
            )));
        };
        let parameters: Vec<Parameter> = parameters_of(definition).collect();
        let required = parameters.iter().filter(|parameter| !parameter.optional).count();
        let given = statement.arguments.len();
        if given < required || given > parameters.len() {
            let usage = usage_text(name, &parameters);
            return Err(DirectiveError::parse(
                name,
                format!("Improper usage of directive '{name}', usage - '{usage}'"),
            ));
        }
        let mut matched = BTreeMap::new();
        let mut parameters = parameters.into_iter();
        for argument in &statement.arguments {
            for parameter in parameters.by_ref() {
                match coerce(argument, parameter.kind) {
                    Some(argument) => {
                        matched.insert(parameter.name, argument);
                        break;
                    }
                    None if parameter.optional => {}
                    None => {
                        return Err(DirectiveError::Failed(format!(
                            "Expected argument '{}' to be of type '{}', but it is of type '{}' - {:3}:0   - '{name}'",
                            parameter.name,
                            type_name(parameter.kind),
                            type_name(kind(argument)),
                            statement.line
                        )));
                    }
                }
            }
        }
        Ok(Self(matched))
    }

    /// An argument that is a column, a text, a number or a word.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Argument::Column(text)
            | Argument::Text(text)
            | Argument::Number(text)
            | Argument::Identifier(text)
            | Argument::Expression(text) => Some(text),
            _ => None,
        }
    }

    /// A required argument.
    pub fn required(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    pub fn columns(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Argument::Columns(names)) => names.clone(),
            _ => Vec::new(),
        }
    }

    /// The whole numbers of a list; `None` if one of them is not in the range of a long.
    pub fn numbers(&self, name: &str) -> Option<Vec<i64>> {
        let Some(Argument::Numbers(numbers)) = self.0.get(name) else {
            return Some(Vec::new());
        };
        numbers.iter().map(|text| whole(text)).collect()
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Argument::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        whole(self.text(name)?)
    }

    pub fn property(&self, name: &str, key: &str) -> Option<&str> {
        match self.0.get(name)? {
            Argument::Properties(properties) => properties.get(key).map(String::as_str),
            _ => None,
        }
    }

    pub fn ranges(&self, name: &str) -> &[(String, String, String)] {
        match self.0.get(name) {
            Some(Argument::Ranges(ranges)) => ranges,
            _ => &[],
        }
    }
}

/// What a number has before its point.
fn whole(number: &str) -> Option<i64> {
    number.trim_end_matches('L').split('.').next()?.parse().ok()
}

const fn kind(argument: &Argument) -> &'static str {
    match argument {
        Argument::Column(_) => "column",
        Argument::Columns(_) => "columns",
        Argument::Text(_) => "text",
        Argument::Texts(_) => "texts",
        Argument::Number(_) => "number",
        Argument::Numbers(_) => "numbers",
        Argument::Bool(_) => "bool",
        Argument::Bools(_) => "bools",
        Argument::Identifier(_) => "identifier",
        Argument::Expression(_) => "expression",
        Argument::Properties(_) => "properties",
        Argument::Ranges(_) => "ranges",
    }
}

fn type_name(kind: &str) -> &'static str {
    match kind {
        "column" => "COLUMN_NAME",
        "columns" => "COLUMN_NAME_LIST",
        "text" => "TEXT",
        "texts" => "TEXT_LIST",
        "number" => "NUMERIC",
        "numbers" => "NUMERIC_LIST",
        "bool" => "BOOLEAN",
        "bools" => "BOOLEAN_LIST",
        "identifier" => "IDENTIFIER",
        "expression" => "EXPRESSION",
        "properties" => "PROPERTIES",
        _ => "RANGES",
    }
}

/// Converts an argument to the type of a parameter; a single item is accepted for a list, and a word in quotes for a
/// boolean.
fn coerce(argument: &Argument, wanted: &str) -> Option<Argument> {
    match (argument, wanted) {
        (Argument::Column(name), "columns") => Some(Argument::Columns(vec![name.clone()])),
        (Argument::Text(word), "bool") if matches!(word.as_str(), "true" | "false") => {
            Some(Argument::Bool(word == "true"))
        }
        (Argument::Number(number), "numbers") => Some(Argument::Numbers(vec![number.clone()])),
        (argument, wanted) => (kind(argument) == wanted).then(|| argument.clone()),
    }
}

/// The usage text of a directive, as `UsageDefinition.toString`.
fn usage_text(directive: &str, parameters: &[Parameter]) -> String {
    let mut text = format!("{directive} ");
    for (at, Parameter { name, kind, optional }) in parameters.iter().enumerate() {
        if *optional {
            text.push_str(" [");
        }
        let part = match *kind {
            "column" => format!(":{name}"),
            "columns" => format!(":{name} [,:{name}  ]*"),
            "bool" => format!("{name} (true/false)"),
            "text" => format!("'{name}'"),
            "numbers" | "texts" | "bools" => format!("{name}[,{name} ...]*"),
            "expression" => format!("exp:{{<{name}>}}"),
            // Only `set-type` has properties.
            "properties" => "prop:{precision=<precision>}".to_owned(),
            "ranges" => "start:end=[bool|text|numeric][,start:end=[bool|text|numeric]*".to_owned(),
            _ => (*name).to_owned(),
        };
        text.push_str(&part);
        if *optional {
            text.push(']');
        } else if at + 1 < parameters.len() {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::recipe::Recipe;
    use super::*;

    fn match_up(recipe: &str) -> Result<Arguments, DirectiveError> {
        Arguments::from_statement(&Recipe::read(recipe).unwrap().statements[0])
    }

    #[test]
    fn arguments_are_matched() {
        let arguments = match_up("drop a").unwrap();
        assert_eq!(arguments.columns("column"), ["a"]);
        let arguments = match_up("parse-as-csv :body ';' 'true'").unwrap();
        assert_eq!(
            (arguments.text("delimiter"), arguments.boolean("header")),
            (Some(";"), Some(true))
        );
        let arguments = match_up("parse-as-fixed-length :f 2,4,5 ' '").unwrap();
        assert_eq!(arguments.numbers("width"), Some(vec![2, 4, 5]));
        assert_eq!(arguments.text("padding"), Some(" "));
        let arguments = match_up("parse-as-csv :body true").unwrap();
        assert_eq!(
            (arguments.text("delimiter"), arguments.boolean("header")),
            (Some("true"), None)
        );
        let arguments = match_up("send-to-error exp:{ a == 1 } 'why'").unwrap();
        assert_eq!(arguments.text("message"), Some("why"));
    }

    #[test]
    fn invalid_arguments_have_the_plugins_message() {
        for (recipe, words) in [
            (
                "rename a",
                "Error encountered while parsing 'rename' : Improper usage of directive 'rename', usage - 'rename :source :target'",
            ),
            (
                "set-column :a 'x' exp:{b}",
                "usage - 'set-column :column exp:{<expression>}'",
            ),
            (
                "nope a",
                "Directive 'nope' not found in system and user scope. Check the name of directive.",
            ),
            (
                "filter-by-regex :a :b 'x'",
                "Expected argument 'match-type' to be of type 'IDENTIFIER', but it is of type 'COLUMN_NAME'",
            ),
        ] {
            let Err(DirectiveError::Failed(text)) = match_up(recipe) else {
                panic!("{recipe}")
            };
            assert!(text.contains(words), "{recipe}: {text}");
        }
    }
}
