//! Finds the plugins among the classes of a jar, with the properties of their configs.
//!
//! A few classes can describe billions of properties, because a config may contain others; what is found is charged
//! to a budget.

use super::{Jar, JarError};
use crate::artifact::class_file::{ClassFile, Field};
use crate::artifact::{PluginClass, Properties, Property, Requirements};
use crate::hash_order;
use googlesql::limits::MAX_DEPTH;

/// The most bytes of all plugins of a jar. Those of Google's own plugins take 0.3 MB.
const MAX_PLUGINS: usize = 16 << 20;

/// What a property takes besides its texts.
const PROPERTY_SIZE: usize = 200;

/// The search in one jar.
struct Discovery<'a> {
    jar: &'a Jar,
    /// How many bytes may still be found.
    budget: usize,
}

impl Jar {
    /// A superclass of one of its plugins that is neither in the jar nor in the JDK, with slashes: the class that
    /// a server cannot load without the parent artifact.
    pub fn foreign_parent(&self) -> Option<String> {
        let plugins = self
            .classes
            .values()
            .filter(|class| class.annotation("Plugin").is_some());
        let mut parents = plugins.filter_map(|class| self.ancestors(class).last());
        parents
            .find(|class| !class.parent.starts_with("java."))
            .map(|class| class.parent.replace('.', "/"))
    }

    /// A class that is its own superclass. So is one with more superclasses than anybody writes.
    pub(super) fn circular(&self) -> Option<String> {
        let mut classes = self.classes.values();
        let class = classes.find(|class| self.ancestors(class).count() > MAX_DEPTH)?;
        Some(class.name.clone())
    }

    /// A class and its superclasses in the jar, to the first that is too deep.
    fn ancestors<'a>(&'a self, class: &'a ClassFile) -> impl Iterator<Item = &'a ClassFile> {
        std::iter::successors(Some(class), |class| self.classes.get(&class.parent)).take(MAX_DEPTH + 1)
    }

    /// The plugins among its classes.
    ///
    /// # Errors
    /// More of them, or longer ones, than the sandbox keeps.
    pub fn plugins(&self) -> Result<Vec<PluginClass>, JarError> {
        let mut discovery = Discovery {
            jar: self,
            budget: MAX_PLUGINS,
        };
        let classes = self.classes.values();
        let plugins = classes.filter_map(|class| discovery.plugin(class).transpose());
        plugins.collect()
    }

    /// The field that holds a plugin's configuration, in the class or in a superclass.
    fn config_field<'a>(&'a self, class: &'a ClassFile) -> Option<&'a Field> {
        let mut fields = self.ancestors(class).flat_map(|class| &class.fields);
        fields.find(|field| self.is_config(&field.class))
    }

    fn is_config(&self, name: &str) -> bool {
        const CONFIG: &str = "io.cdap.cdap.api.plugin.PluginConfig";
        let class = self.classes.get(name);
        name == CONFIG || class.is_some_and(|class| self.ancestors(class).any(|class| class.parent == CONFIG))
    }
}

impl Discovery<'_> {
    /// Charges texts, and whatever else takes memory.
    fn charge(&mut self, bytes: usize) -> Result<(), JarError> {
        self.budget = self.budget.checked_sub(bytes).ok_or(JarError::TooLarge)?;
        Ok(())
    }

    /// The plugin that a class is; `None` if it is none.
    fn plugin(&mut self, class: &ClassFile) -> Result<Option<PluginClass>, JarError> {
        let Some(annotation) = class.annotation("Plugin") else {
            return Ok(None);
        };
        // A plugin without a type is used by the platform only.
        let kind = annotation.value("type").unwrap_or_default();
        let named = class.annotation("Name").and_then(|name| name.value("value"));
        let name = named.unwrap_or_else(|| class.name.clone());
        let about = class
            .annotation("Description")
            .and_then(|text| text.value("value"));
        let description = about.unwrap_or_default();
        self.charge(PROPERTY_SIZE + kind.len() + name.len() + description.len() + class.name.len())?;
        let config = self.jar.config_field(class);
        let properties = match config {
            Some(field) => self.properties(&field.class, 0)?,
            None => Vec::new(),
        };
        Ok(Some(PluginClass {
            r#type: kind,
            name,
            description,
            class_name: class.name.clone(),
            config_field_name: config.map(|field| field.name.clone()),
            properties: Properties(properties),
            requirements: Requirements::default(),
        }))
    }

    /// The properties of a config that lies this deep in others.
    fn properties(&mut self, config: &str, depth: usize) -> Result<Vec<(String, Property)>, JarError> {
        if depth > MAX_DEPTH {
            return Err(JarError::TooLarge);
        }
        let jar = self.jar;
        let mut found = Vec::new();
        let classes = jar
            .classes
            .get(config)
            .into_iter()
            .flat_map(|class| jar.ancestors(class));
        for field in classes
            .flat_map(|class| &class.fields)
            .filter(|field| !field.is_static)
        {
            found.extend(self.property(field, depth)?);
        }
        Ok(hash_order::sorted(found, |(name, _)| name.as_str()))
    }

    /// The property of a field, followed by its member properties if it is a group.
    fn property(&mut self, field: &Field, depth: usize) -> Result<Vec<(String, Property)>, JarError> {
        let text = |annotation: &str| {
            field
                .annotation(annotation)
                .and_then(|found| found.value("value"))
        };
        let members = if self.jar.is_config(&field.class) {
            self.properties(&field.class, depth + 1)?
        } else {
            Vec::new()
        };
        let simple = field.class.rsplit(['.', '$']).next().unwrap_or_default();
        let property = Property {
            name: text("Name").unwrap_or_else(|| field.name.clone()),
            description: text("Description").unwrap_or_default(),
            r#type: match simple {
                "Integer" => "int".to_owned(),
                "Character" => "char".to_owned(),
                other => other.to_lowercase(),
            },
            required: field.annotation("Nullable").is_none(),
            macro_supported: field.annotation("Macro").is_some(),
            macro_escaping_enabled: false,
            children: members.iter().map(|(name, _)| name.clone()).collect(),
        };
        let children: usize = property.children.iter().map(String::len).sum();
        let texts = property.name.len() * 2 + property.description.len() + property.r#type.len();
        self.charge(PROPERTY_SIZE + texts + children)?;
        Ok(std::iter::once((property.name.clone(), property))
            .chain(members)
            .collect())
    }
}
