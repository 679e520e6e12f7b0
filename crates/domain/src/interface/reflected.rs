//! Interfaces as an endpoint tells them by gRPC server reflection: file by file, until all are there.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::prost::{Message as _, encoding};
use prost_reflect::prost_types::FileDescriptorProto;

use super::method::is_name;
use super::{DESCRIPTOR_BYTES, Descriptors, RESERVED};
use crate::fault::{Cause, line};

/// Files of one interface. Assumed: the largest of Google's own services has some seventy.
pub const MOST_FILES: usize = 256;
/// Services of one endpoint.
pub const MOST_SERVICES: usize = 64;
/// Bytes that are read in all: an endpoint may send a file anew with each that imports it.
pub const RECEIVED_BYTES: usize = 16 * DESCRIPTOR_BYTES;

/// The field `file` of a `google.protobuf.FileDescriptorSet`.
const FILE: u32 = 1;

/// What an endpoint is asked next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The file that declares this service.
    Service(String),
    /// The file of this name.
    File(String),
}

/// The files that came, and what is still lacking. Each question is answered or ends it all, so there
/// are at most [`MOST_SERVICES`] and [`MOST_FILES`] of them.
#[derive(Debug)]
pub struct Reflected {
    services: BTreeSet<String>,
    files: BTreeMap<String, File>,
    /// Services of the files that came, with the file.
    declared: BTreeMap<String, String>,
    /// Imports that did not come yet.
    lacking: BTreeSet<String>,
    kept: usize,
    received: usize,
}

#[derive(Debug)]
struct File {
    /// As they came: options of others, such as `google.api.http`, would be lost by encoding them anew.
    bytes: Vec<u8>,
    imports: BTreeSet<String>,
}

impl Reflected {
    /// Begins with the services that an endpoint lists. Those of gRPC and of the gateway's own contracts
    /// are left out.
    ///
    /// # Errors
    /// `NO_SERVICE`, `TOO_MANY_SERVICES` or `NOT_A_SERVICE`.
    pub fn of(listed: impl IntoIterator<Item = String>) -> Result<Self, Cause> {
        let own = |name: &String| !RESERVED.iter().any(|prefix| name.starts_with(prefix));
        let services: BTreeSet<String> = listed.into_iter().filter(own).collect();
        if services.is_empty() {
            let message = "the endpoint lists no service of its own; those of grpc.* and shuqiao.* do not \
                count. Register the service with the reflection of your server";
            return Err(Cause::new("NO_SERVICE", message));
        }
        if services.len() > MOST_SERVICES {
            let message = format!(
                "the endpoint lists {} services; at most {MOST_SERVICES} are taken. Send a descriptor set",
                services.len()
            );
            return Err(Cause::new("TOO_MANY_SERVICES", message));
        }
        if !services.iter().all(|name| is_name(name)) {
            let message = "the endpoint lists a service whose name is none: package.Service is";
            return Err(Cause::new("NOT_A_SERVICE", message));
        }
        Ok(Self {
            services,
            files: BTreeMap::new(),
            declared: BTreeMap::new(),
            lacking: BTreeSet::new(),
            kept: 0,
            received: 0,
        })
    }

    /// What to ask next; nothing when the files are complete.
    pub fn next(&self) -> Option<Question> {
        let unseen = |name: &&String| !self.declared.contains_key(*name);
        let service = self.services.iter().find(unseen).cloned();
        let file = || self.lacking.first().cloned().map(Question::File);
        service.map(Question::Service).or_else(file)
    }

    /// Takes the files of an answer: the one that was asked for, and others if the endpoint likes.
    ///
    /// # Errors
    /// `TOO_LARGE`, `TOO_MANY_FILES`, `NOT_A_FILE`, `TWO_VERSIONS`, and as [`Self::unanswered`] when what
    /// was asked for is not among them.
    pub fn take(&mut self, question: &Question, answer: Vec<Vec<u8>>) -> Result<(), Cause> {
        for bytes in answer {
            self.add(bytes)?;
        }
        let came = match question {
            Question::Service(name) => self.declared.contains_key(name),
            Question::File(name) => self.files.contains_key(name),
        };
        if came {
            Ok(())
        } else {
            Err(Self::unanswered(question))
        }
    }

    /// The endpoint does not have what it was asked for.
    pub fn unanswered(question: &Question) -> Cause {
        match question {
            Question::Service(name) => {
                let message = format!(
                    "the endpoint lists {name} and does not have the file that declares it; give the \
                    reflection of your server the whole descriptor set"
                );
                Cause::new("SERVICE_MISSING", message)
            }
            Question::File(name) => {
                let message = format!(
                    "{name} is imported and the endpoint does not have it; give the reflection of your \
                    server a descriptor set that was made with --include_imports"
                );
                Cause::new("IMPORT_MISSING", message)
            }
        }
    }

    /// The description, once there is nothing to ask. The order of the answers leaves no trace in it.
    ///
    /// # Errors
    /// As [`Descriptors::parse`].
    pub fn finish(self) -> Result<Descriptors, Cause> {
        let mut set = Vec::with_capacity(self.kept + 8 * self.files.len());
        let mut written = BTreeSet::new();
        for file in self
            .services
            .iter()
            .filter_map(|name| self.declared.get(name))
        {
            self.write(file, &mut written, &mut set);
        }
        Descriptors::read(set, "the files that the endpoint told do not fit together")
    }

    fn add(&mut self, bytes: Vec<u8>) -> Result<(), Cause> {
        self.received += bytes.len();
        if self.received > RECEIVED_BYTES {
            return Err(too_large());
        }
        let unreadable = |what: &str| Cause::new("NOT_A_FILE", format!("the endpoint told {what}"));
        let file = FileDescriptorProto::decode(bytes.as_slice())
            .map_err(|_| unreadable("a file that is no FileDescriptorProto"))?;
        for name in std::iter::once(file.name()).chain(file.dependency.iter().map(String::as_str)) {
            // It may stand in a sentence that people read.
            line(name, 255).map_err(|_| unreadable("a file without a usable name"))?;
        }
        let name = file.name().to_owned();
        if let Some(before) = self.files.get(&name) {
            return if before.bytes == bytes {
                Ok(())
            } else {
                let message = format!("the endpoint told two versions of {name}; restart it");
                Err(Cause::new("TWO_VERSIONS", message))
            };
        }
        self.kept += bytes.len();
        if self.kept > DESCRIPTOR_BYTES {
            return Err(too_large());
        }
        for service in &file.service {
            let full = match file.package() {
                "" => service.name().to_owned(),
                package => format!("{package}.{}", service.name()),
            };
            self.declared.insert(full, name.clone());
        }
        let imports = file.dependency.into_iter().collect();
        self.lacking.remove(&name);
        self.files.insert(name, File { bytes, imports });
        self.note_lacking()
    }

    fn note_lacking(&mut self) -> Result<(), Cause> {
        let imported = self.files.values().flat_map(|file| &file.imports);
        let lacking = imported.filter(|name| !self.files.contains_key(*name));
        self.lacking = lacking.cloned().collect();
        if self.files.len() + self.lacking.len() > MOST_FILES {
            let message = format!(
                "the services import more than {MOST_FILES} files; send a descriptor set of the service alone"
            );
            return Err(Cause::new("TOO_MANY_FILES", message));
        }
        Ok(())
    }

    /// A file after its imports, as compilers write a set.
    fn write(&self, name: &str, written: &mut BTreeSet<String>, set: &mut Vec<u8>) {
        let Some(file) = self.files.get(name) else {
            return;
        };
        // Noted before its imports: files that import each other end here.
        if !written.insert(name.to_owned()) {
            return;
        }
        for import in &file.imports {
            self.write(import, written, set);
        }
        encoding::bytes::encode(FILE, &file.bytes, set);
    }
}

fn too_large() -> Cause {
    let message = format!(
        "the files that the endpoint tells have more than {DESCRIPTOR_BYTES} bytes; send a descriptor set \
        without comments"
    );
    Cause::new("TOO_LARGE", message)
}

#[cfg(test)]
mod tests;
