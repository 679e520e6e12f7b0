//! Compiles the proto files of the simulated departments' own services.

use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where to write by OUT_DIR"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut compiler = protox::Compiler::new([&root])?;
    compiler
        .include_imports(true)
        .open_file("shaoyang/insurance/v1/insurance.proto")?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(
        out.join("insurance.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    // A message can hold a person's identifier, so none has a Debug form.
    tonic_prost_build::configure()
        .skip_debug(["."])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
