//! A certificate before it is completed from the seeds.

use domain::certificate::{CertificateRecord, CertificateState, OwnItem};
use domain::id::CertificateId;
use domain::item::{DataType, ItemValue, Value};
use domain::name::CertificateTypeName;
use domain::seed::{CertificateTypeSeed, ItemSeed, Party, Seeds, SystemSeed};
use domain::subject::Subject;
use jiff::civil::Date;
use serde::Deserialize;

use super::DataError;
use crate::people::Holder;
use crate::provider::is_decimal;

/// A certificate as written down: what every certificate carries is added by [`Draft::into_record`].
pub(super) struct Draft {
    /// The type's name.
    pub(super) certificate_type: String,
    pub(super) serial: String,
    pub(super) version: u16,
    pub(super) holders: Vec<Holder>,
    /// ISO 8601; also the first day of validity.
    pub(super) issued: String,
    /// ISO 8601; none for one that does not run out.
    pub(super) until: Option<String>,
    pub(super) state: State,
    /// The items of the type itself.
    pub(super) items: toml::Table,
    /// Items about one holder alone, with the holder's place.
    pub(super) own: Vec<(usize, toml::Table)>,
}

/// The stored state. That a certificate has run out is not stored.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    #[default]
    Valid,
    Suspended,
    Cancelled,
    Revoked,
}

impl Draft {
    /// Composes the identifier, adds the items that every certificate carries, and checks all of
    /// them against their data types.
    pub(super) fn into_record(
        mut self,
        seeds: &Seeds,
        system: &SystemSeed,
    ) -> Result<CertificateRecord, DataError> {
        let kind = seeds
            .certificate_type(&self.certificate_type)
            .filter(|kind| system.issues.contains(&kind.code))
            .ok_or_else(|| self.wrong("the system does not issue this type"))?;
        let Party::Department(issuer) = &system.owner else {
            return Err(self.wrong("the system belongs to no department"));
        };
        let identifier = CertificateId::compose(&kind.code, issuer, &self.serial, self.version)?;
        self.add_common(seeds, kind, &identifier);
        let expires = match &self.until {
            Some(day) => Some(day.parse().map_err(|_| self.wrong("`until` is no date"))?),
            None => None,
        };
        Ok(CertificateRecord {
            certificate_type: CertificateTypeName::from_id(kind.code.as_str())?,
            holders: self.subjects(seeds)?,
            items: self.values(kind)?,
            own: self.own_values(kind)?,
            metadata: None,
            state: self.state.stored(),
            identifier,
            expires,
        })
    }

    fn subjects(&self, seeds: &Seeds) -> Result<Vec<Subject>, DataError> {
        let today: Date = self
            .issued
            .parse()
            .map_err(|_| self.wrong("`issued` is no date"))?;
        let regions = &seeds.reference.regions;
        let parse =
            |holder: &Holder| Subject::parse(holder.type_code, &holder.code, regions, today);
        Ok(self.holders.iter().map(parse).collect::<Result<_, _>>()?)
    }

    /// The metadata of GB/T 36903; several holders are joined as on paper.
    fn add_common(
        &mut self,
        seeds: &Seeds,
        kind: &CertificateTypeSeed,
        identifier: &CertificateId,
    ) {
        let issuer = identifier.issuer();
        let department = seeds
            .departments
            .iter()
            .find(|department| department.uscc == *issuer);
        let join = |part: fn(&Holder) -> &str| {
            self.holders.iter().map(part).collect::<Vec<_>>().join("、")
        };
        let type_code = self.holders.first().map_or("", |holder| holder.type_code);
        let mut common = vec![
            ("certificate_name", kind.name.clone()),
            ("certificate_type_code", kind.code.to_string()),
            ("certificate_number", self.serial.clone()),
            ("certificate_identifier", identifier.to_string()),
            ("issuing_authority_code", issuer.to_string()),
            ("issued_date", self.issued.clone()),
            ("holder_name", join(|holder| &holder.name)),
            ("holder_code", join(|holder| &holder.code)),
            ("holder_type_name", type_name(type_code).to_owned()),
            ("holder_type_code", type_code.to_owned()),
            ("effective_date", self.issued.clone()),
            ("certificate_state", self.state.word().to_owned()),
        ];
        if let Some(department) = department {
            common.push(("issuing_authority_name", department.full_name.clone()));
            common.push(("area_code", department.region.to_string()));
        }
        if let Some(until) = &self.until {
            common.push(("expiring_date", until.clone()));
        }
        for (key, text) in common {
            self.items.insert(key.to_owned(), toml::Value::String(text));
        }
    }

    /// The items in the order of the type; one that the type does not know is an error.
    fn values(&mut self, kind: &CertificateTypeSeed) -> Result<Vec<ItemValue>, DataError> {
        let mut items = std::mem::take(&mut self.items);
        let mut values = Vec::with_capacity(kind.items.len());
        for ItemSeed {
            item, mandatory, ..
        } in &kind.items
        {
            match items.remove(item.key.as_str()) {
                Some(written) => {
                    let value = value_of(item.data_type, written);
                    let wrong = || self.wrong(&format!("{} is not of its data type", item.key));
                    values.push(ItemValue {
                        key: item.key.clone(),
                        value: value.ok_or_else(wrong)?,
                    });
                }
                None if *mandatory => return Err(self.wrong(&format!("{} is missing", item.key))),
                None => {}
            }
        }
        match items.keys().next() {
            Some(key) => Err(self.wrong(&format!("the type has no item {key}"))),
            None => Ok(values),
        }
    }

    fn own_values(&self, kind: &CertificateTypeSeed) -> Result<Vec<OwnItem>, DataError> {
        let written = self
            .own
            .iter()
            .flat_map(|(holder, items)| items.iter().map(|(key, value)| (*holder, key, value)));
        let own = |(holder, key, written): (usize, &String, &toml::Value)| {
            let wrong = || self.wrong(&format!("{key} of one holder is not of the type"));
            let seed = kind.items.iter().find(|seed| seed.item.key.as_str() == key);
            let item = &seed.ok_or_else(wrong)?.item;
            let value = value_of(item.data_type, written.clone()).ok_or_else(wrong)?;
            let key = item.key.clone();
            Ok(OwnItem {
                holder,
                item: ItemValue { key, value },
            })
        };
        written.map(own).collect()
    }

    fn wrong(&self, message: &str) -> DataError {
        DataError::Certificate {
            serial: self.serial.clone(),
            message: message.to_owned(),
        }
    }
}

impl State {
    fn stored(self) -> CertificateState {
        match self {
            Self::Valid => CertificateState::Valid,
            Self::Suspended => CertificateState::Suspended,
            Self::Cancelled => CertificateState::Cancelled,
            Self::Revoked => CertificateState::Revoked,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Valid => "有效",
            Self::Suspended => "暂扣",
            Self::Cancelled => "注销",
            Self::Revoked => "吊销",
        }
    }
}

/// A value as written, as one of its data type. Decimals are written as text, so that no digit is
/// lost.
fn value_of(data_type: DataType, written: toml::Value) -> Option<Value> {
    use DataType::{B, C, D, F, G, I, L, M, N, T, Y};
    match (data_type, written) {
        (C | M | G, toml::Value::String(text)) => Some(Value::Text(text)),
        (I, toml::Value::Integer(number)) => Some(Value::Integer(number)),
        (L, toml::Value::Boolean(yes)) => Some(Value::Logical(yes)),
        (N | Y | B | F, toml::Value::String(text)) => {
            is_decimal(&text).then_some(Value::Decimal(text))
        }
        (D, toml::Value::String(text)) => text.parse::<Date>().is_ok().then_some(Value::Date(text)),
        (T, toml::Value::String(text)) => text
            .parse::<jiff::Timestamp>()
            .is_ok()
            .then_some(Value::Time(text)),
        _ => None,
    }
}

fn type_name(type_code: &str) -> &'static str {
    match type_code {
        "001" => "统一社会信用代码",
        "111" => "公民身份号码",
        _ => "其他自然人有效证件代码",
    }
}
