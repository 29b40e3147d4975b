//! Schemas of types, found out from the code itself: a type is deserialised from something that agrees to everything and writes down
//! what it was asked for. No annotation can be forgotten, and none can lie.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The schemas of named types.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    pub(crate) named: BTreeMap<String, Value>,
    /// Types that could not be looked into, and names that two types share.
    pub(crate) faults: Vec<String>,
}

/// What a type wants.
#[derive(Debug, Default)]
struct Notes {
    /// Each struct's fields in order, with their schemas.
    structs: BTreeMap<String, Vec<(&'static str, Value)>>,
    /// The field that is left out this time.
    omit: Option<(String, &'static str)>,
    clash: Option<String>,
}

/// The schema of a type; structs stand by name in `shapes`.
pub(crate) fn shape<T: DeserializeOwned>(shapes: &mut Shapes) -> Value {
    let notes = RefCell::new(Notes::default());
    let out = RefCell::new(Value::Null);
    if let Err(error) = T::deserialize(Tracer { notes: &notes, out: &out }) {
        shapes.faults.push(format!("{}: {error}", std::any::type_name::<T>()));
        return json!({});
    }
    let Notes { structs, clash, .. } = notes.into_inner();
    if let Some(name) = clash {
        shapes.faults.push(format!("two types are called {name}"));
    }
    for (name, fields) in structs {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (field, schema) in fields {
            // Whether it may be missing is tried out.
            let notes = Notes { omit: Some((name.clone(), field)), ..Notes::default() };
            let (notes, out) = (RefCell::new(notes), RefCell::new(Value::Null));
            if T::deserialize(Tracer { notes: &notes, out: &out }).is_err() {
                required.push(Value::from(field));
            }
            properties.insert(field.to_owned(), schema);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = Value::Array(required);
        }
        match shapes.named.get(&name) {
            Some(known) if *known != schema => shapes.faults.push(format!("two types are called {name}")),
            _ => {
                shapes.named.insert(name, schema);
            }
        }
    }
    out.into_inner()
}

/// The schema of an object that has the members of both.
pub(crate) fn shape_of_both<A: DeserializeOwned, B: DeserializeOwned>(shapes: &mut Shapes) -> Value {
    json!({ "allOf": [shape::<A>(shapes), shape::<B>(shapes)] })
}

/// The schema of several of them.
pub(crate) fn shapes_of<T: DeserializeOwned>(shapes: &mut Shapes) -> Value {
    json!({ "type": "array", "items": shape::<T>(shapes) })
}

#[derive(Clone, Copy)]
struct Tracer<'a> {
    notes: &'a RefCell<Notes>,
    out: &'a RefCell<Value>,
}

impl<'a> Tracer<'a> {
    fn says(self, schema: Value) {
        *self.out.borrow_mut() = schema;
    }

    fn inner(self, out: &'a RefCell<Value>) -> Self {
        Self { out, ..self }
    }
}

macro_rules! whole_numbers {
    ($($deserialize:ident $visit:ident $min:expr, $max:expr;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.says(json!({ "type": "integer", "minimum": $min, "maximum": $max }));
            visitor.$visit(1)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Error;

    whole_numbers! {
        deserialize_u8 visit_u8 u8::MIN, u8::MAX;
        deserialize_u16 visit_u16 u16::MIN, u16::MAX;
        deserialize_u32 visit_u32 u32::MIN, u32::MAX;
        deserialize_u64 visit_u64 u64::MIN, u64::MAX;
        deserialize_i8 visit_i8 i8::MIN, i8::MAX;
        deserialize_i16 visit_i16 i16::MIN, i16::MAX;
        deserialize_i32 visit_i32 i32::MIN, i32::MAX;
        deserialize_i64 visit_i64 i64::MIN, i64::MAX;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({}));
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "boolean" }));
        visitor.visit_bool(true)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "number" }));
        visitor.visit_f64(1.0)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "string", "minLength": 1, "maxLength": 1 }));
        visitor.visit_char('a')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "string" }));
        visitor.visit_str("a")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } }));
        visitor.visit_bytes(b"a")
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let slot = RefCell::new(Value::Null);
        let value = visitor.visit_some(Tracer { notes: self.notes, out: &slot })?;
        self.says(json!({ "anyOf": [slot.into_inner(), { "type": "null" }] }));
        Ok(value)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.says(json!({ "type": "null" }));
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let slot = RefCell::new(json!({}));
        let value =
            visitor.visit_seq(Elements { tracer: Tracer { notes: self.notes, out: &slot }, left: 1 })?;
        self.says(json!({ "type": "array", "items": slot.into_inner() }));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let slot = RefCell::new(json!({}));
        let value =
            visitor.visit_seq(Elements { tracer: Tracer { notes: self.notes, out: &slot }, left: len })?;
        self.says(json!({ "type": "array", "items": slot.into_inner(), "minItems": len, "maxItems": len }));
        Ok(value)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let slot = RefCell::new(json!({}));
        let value = visitor.visit_map(Entry { tracer: Tracer { notes: self.notes, out: &slot }, left: 1 })?;
        self.says(json!({ "type": "object", "additionalProperties": slot.into_inner() }));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (slot, done) = (RefCell::new(Value::Null), RefCell::new(Vec::new()));
        let fields =
            Fields { tracer: Tracer { notes: self.notes, out: &slot }, name, fields, at: 0, done: &done };
        let value = visitor.visit_map(fields)?;
        let done = done.into_inner();
        let mut notes = self.notes.borrow_mut();
        match notes.structs.get(name) {
            Some(known) if *known != done => notes.clash = Some(name.to_owned()),
            _ => {
                notes.structs.insert(name.to_owned(), done);
            }
        }
        self.says(json!({ "$ref": format!("#/components/schemas/{name}") }));
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.says(json!({ "type": "string", "enum": variants }));
        let first = variants.first().ok_or_else(|| Error::custom("an enum without variants"))?;
        visitor.visit_enum(Variant { tracer: self, name: first })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}

struct Elements<'a> {
    tracer: Tracer<'a>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.tracer).map(Some)
    }
}

struct Entry<'a> {
    tracer: Tracer<'a>,
    left: usize,
}

impl<'de> MapAccess<'de> for Entry<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key: StrDeserializer<'_, Error> = "a".into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.tracer)
    }
}

struct Fields<'a> {
    tracer: Tracer<'a>,
    name: &'static str,
    fields: &'static [&'static str],
    at: usize,
    done: &'a RefCell<Vec<(&'static str, Value)>>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let omitted = |field: &str| {
            let notes = self.tracer.notes.borrow();
            notes.omit.as_ref().is_some_and(|(name, omitted)| name == self.name && *omitted == field)
        };
        while self.fields.get(self.at).is_some_and(|field| omitted(field)) {
            self.at += 1;
        }
        let Some(field) = self.fields.get(self.at) else { return Ok(None) };
        let key: StrDeserializer<'_, Error> = (*field).into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let value = seed.deserialize(self.tracer)?;
        if let Some(field) = self.fields.get(self.at) {
            self.done.borrow_mut().push((field, self.tracer.out.take()));
        }
        self.at += 1;
        Ok(value)
    }
}

struct Variant<'a> {
    tracer: Tracer<'a>,
    name: &'static str,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Content<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'a>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content { tracer: self.tracer }))
    }
}

struct Content<'a> {
    tracer: Tracer<'a>,
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    // A variant with content is described as anything: none of the API's types has one so far, and none that has one is described wrongly.
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let slot = RefCell::new(Value::Null);
        let value = seed.deserialize(self.tracer.inner(&slot));
        self.tracer.says(json!({}));
        value
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let value = self.tracer.deserialize_tuple(len, visitor);
        self.tracer.says(json!({}));
        value
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let slot = RefCell::new(Value::Null);
        let value = visitor.visit_map(Entry { tracer: self.tracer.inner(&slot), left: 0 });
        self.tracer.says(json!({}));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Outer {
        wall: media::WallId,
        at: media::WallTime,
        pair: Option<[f64; 2]>,
        #[serde(default)]
        words: Vec<Inner>,
        any: serde_json::Value,
        kind: Kind,
    }

    #[derive(Deserialize, Default)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Inner {
        zh: String,
        #[serde(rename = "type")]
        what: u8,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        First,
        Second,
    }

    #[test]
    fn a_shape_is_what_the_code_reads() {
        let mut shapes = Shapes::default();
        assert_eq!(shape::<Outer>(&mut shapes), json!({ "$ref": "#/components/schemas/Outer" }));
        assert_eq!(shapes.faults, Vec::<String>::new());
        let outer = &shapes.named["Outer"];
        assert_eq!(outer["required"], json!(["wall", "at", "any", "kind"]));
        let properties = &outer["properties"];
        assert_eq!(properties["wall"], json!({ "type": "string" }));
        assert_eq!(properties["at"]["type"], "integer");
        let pair = json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
        assert_eq!(properties["pair"], json!({ "anyOf": [pair, { "type": "null" }] }));
        assert_eq!(properties["words"]["items"], json!({ "$ref": "#/components/schemas/Inner" }));
        assert_eq!(properties["any"], json!({}));
        assert_eq!(properties["kind"], json!({ "type": "string", "enum": ["first", "second"] }));
        assert_eq!(shapes.named["Inner"]["required"], json!(["zh", "type"]));
    }

    #[test]
    fn two_types_of_one_name_are_noticed() {
        mod other {
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "only its shape is looked at")]
            pub(super) struct Inner {
                pub(super) en: String,
            }
        }
        let mut shapes = Shapes::default();
        shape::<Inner>(&mut shapes);
        shape::<other::Inner>(&mut shapes);
        assert_eq!(shapes.faults, ["two types are called Inner"]);
    }
}
