//! The comments of our proto files, by what they stand at.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

/// Comments by file and by the path within it (`SourceCodeInfo.Location.path`).
pub(super) struct Comments(HashMap<String, HashMap<Vec<i32>, String>>);

impl Comments {
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let of_file = |file: FileDescriptor| {
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            let locations = info.into_iter().flat_map(|info| &info.location);
            let comments = locations
                .filter(|location| location.leading_comments.is_some())
                .map(|location| (location.path.clone(), joined(location.leading_comments())))
                .collect();
            (file.name().to_owned(), comments)
        };
        Self(pool.files().map(of_file).collect())
    }

    /// What stands above a part of a file; empty when nothing does.
    pub(super) fn at(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        let comments = self.0.get(file.name());
        comments
            .and_then(|comments| comments.get(path))
            .map_or("", String::as_str)
    }
}

/// The lines of a comment as one paragraph.
fn joined(comment: &str) -> String {
    let lines: Vec<&str> = comment.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// The first sentence.
pub(super) fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}
