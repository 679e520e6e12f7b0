use prost_reflect::prost::Message;
use prost_reflect::prost_types::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    ServiceDescriptorProto,
};

use super::*;
use crate::fault::FaultCause as _;

/// A file `{name}.proto` of package `{name}` with a message `M`, with these imports.
fn file(name: &str, imports: &[&str]) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(format!("{name}.proto")),
        package: Some(name.to_owned()),
        syntax: Some("proto3".to_owned()),
        dependency: imports.iter().map(|name| format!("{name}.proto")).collect(),
        message_type: vec![DescriptorProto {
            name: Some("M".to_owned()),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

/// The same with a service `S` whose one method takes and gives the message of a package.
fn serving(name: &str, imports: &[&str], of: &str) -> FileDescriptorProto {
    let method = MethodDescriptorProto {
        name: Some("Get".to_owned()),
        input_type: Some(format!(".{of}.M")),
        output_type: Some(format!(".{of}.M")),
        ..MethodDescriptorProto::default()
    };
    FileDescriptorProto {
        service: vec![ServiceDescriptorProto {
            name: Some("S".to_owned()),
            method: vec![method],
            ..ServiceDescriptorProto::default()
        }],
        ..file(name, imports)
    }
}

/// Asks an endpoint that has these files and lists these services; each answer is one file, or all.
fn ask(files: &[FileDescriptorProto], listed: &[&str], whole: bool) -> Result<Descriptors, Cause> {
    let mut reflected = Reflected::of(listed.iter().map(|&name| name.to_owned()))?;
    while let Some(question) = reflected.next() {
        let wanted = |file: &&FileDescriptorProto| match &question {
            Question::Service(name) => *name == format!("{}.S", file.package()),
            Question::File(name) => *name == file.name(),
        };
        let answer: Vec<_> = if whole {
            files.iter().map(Message::encode_to_vec).collect()
        } else {
            let found = files.iter().find(wanted);
            found.iter().map(|file| file.encode_to_vec()).collect()
        };
        reflected.take(&question, answer)?;
    }
    reflected.finish()
}

fn city() -> Vec<FileDescriptorProto> {
    vec![
        serving("insurance", &["person", "money"], "person"),
        file("money", &["base"]),
        file("person", &["base"]),
        file("base", &[]),
        file("elsewhere", &[]),
        serving("grpc.health.v1", &[], "grpc.health.v1"),
    ]
}

#[test]
fn the_files_of_the_services_come_with_their_imports_before_them() {
    let listed = [
        "insurance.S",
        "grpc.health.v1.S",
        "shuqiao.provider.v1.S",
        "grpc.reflection.v1.ServerReflection",
    ];
    let told = ask(&city(), &listed, false).unwrap();
    let set = FileDescriptorSet::decode(told.as_bytes()).unwrap();
    let names: Vec<&str> = set.file.iter().map(FileDescriptorProto::name).collect();
    assert_eq!(
        names,
        [
            "base.proto",
            "money.proto",
            "person.proto",
            "insurance.proto"
        ]
    );
    let methods: Vec<String> = told.methods().map(|m| m.path().to_string()).collect();
    assert_eq!(methods, ["/insurance.S/Get"]);
    let mut backwards = city();
    backwards.reverse();
    let again = ask(&backwards, &["insurance.S"], true).unwrap();
    assert_eq!(again, told, "whatever else was sent, and in which order");
}

#[test]
fn what_is_lacking_or_wrong_is_said() {
    let without = |name: &str| -> Vec<_> {
        let files = city().into_iter();
        files.filter(|file| file.package() != name).collect()
    };
    let many: Vec<String> = (0..=MOST_FILES).map(|n| format!("f{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let services: Vec<String> = (0..=MOST_SERVICES).map(|n| format!("s{n}.S")).collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let mut large = serving("a", &[], "a");
    large.message_type = vec![DescriptorProto {
        name: Some("M".repeat(DESCRIPTOR_BYTES)),
        ..DescriptorProto::default()
    }];
    let nameless = FileDescriptorProto {
        name: Some("a\u{202E}".to_owned()),
        ..serving("a", &[], "a")
    };
    let health = "grpc.health.v1.Health";
    for (case, files, listed, code) in [
        ("nothing", city(), &[][..], "NO_SERVICE"),
        ("of others only", city(), &[health], "NO_SERVICE"),
        ("no name", city(), &["a b"], "NOT_A_SERVICE"),
        ("many services", city(), &services, "TOO_MANY_SERVICES"),
        ("unknown", city(), &["housing.S"], "SERVICE_MISSING"),
        (
            "import",
            without("base"),
            &["insurance.S"],
            "IMPORT_MISSING",
        ),
        (
            "many files",
            vec![serving("a", &many, "a")],
            &["a.S"],
            "TOO_MANY_FILES",
        ),
        ("large", vec![large], &["a.S"], "TOO_LARGE"),
        ("no file name", vec![nameless], &["a.S"], "NOT_A_FILE"),
        (
            "unresolved",
            vec![serving("a", &[], "nowhere")],
            &["a.S"],
            "NOT_A_DESCRIPTOR_SET",
        ),
    ] {
        let fault = ask(&files, listed, false).unwrap_err();
        assert_eq!(fault.code(), code, "{case}: {fault}");
    }
}

#[test]
fn an_endpoint_cannot_send_without_end_or_two_versions() {
    let question = Question::Service("a.S".to_owned());
    let begin = || Reflected::of(["a.S".to_owned()]).unwrap();
    let one = serving("a", &[], "a").encode_to_vec();
    let mut reflected = begin();
    let repeated = vec![one.clone(); RECEIVED_BYTES / one.len() + 1];
    let fault = reflected.take(&question, repeated).unwrap_err();
    assert_eq!(fault.code(), "TOO_LARGE");
    let other = serving("a", &["b"], "a").encode_to_vec();
    let fault = begin().take(&question, vec![one, other]).unwrap_err();
    assert_eq!(fault.code(), "TWO_VERSIONS");
    let fault = begin().take(&question, vec![vec![1, 2, 3]]).unwrap_err();
    assert_eq!(fault.code(), "NOT_A_FILE");
}

#[test]
fn files_that_import_each_other_come_to_an_end() {
    let circle = [serving("a", &["b"], "a"), file("b", &["a"])];
    let told = ask(&circle, &["a.S"], false).unwrap();
    let set = FileDescriptorSet::decode(told.as_bytes()).unwrap();
    assert_eq!(set.file.len(), 2);
}
