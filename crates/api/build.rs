//! Compiles `proto/` with protox, so that no `protoc` is needed.

use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where to write by OUT_DIR"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut files = Vec::new();
    collect(&root.join("shuqiao"), &mut files)?;
    files.sort();
    println!("cargo::rerun-if-changed={}", root.display());

    let mut compiler = protox::Compiler::new([&root])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(&files)?;

    // Encoded by protox itself: prost's own types would drop `google.api.http` (reflection needs it).
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(
        out.join("descriptor.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    tonic_prost_build::configure()
        .bytes(".shuqiao.evidence.v1.ExportBundleResponse")
        .bytes(".shuqiao.exchange.v1.FileChunk")
        .bytes(".shuqiao.exchange.v1.UploadFileRequest")
        // A request can hold a person's identifier, so no message of these has a Debug form.
        .skip_debug([
            "shuqiao.sharing.v1.Complaint",
            "shuqiao.sharing.v1.Complaint.Routing",
            "shuqiao.sharing.v1.ComplaintStatus",
            "shuqiao.sharing.v1.CreateComplaintRequest",
            "shuqiao.sharing.v1.CreateComplaintResponse",
            "shuqiao.sharing.v1.GetComplaintByReceiptRequest",
            "shuqiao.sharing.v1.ListComplaintsResponse",
            "shuqiao.sharing.v1.ForwardComplaintRequest",
            "shuqiao.sharing.v1.AssignComplaintRequest",
            "shuqiao.sharing.v1.AnswerComplaintRequest",
            "shuqiao.certificate.v1.Holder",
            "shuqiao.certificate.v1.HolderAuthorisation",
            "shuqiao.certificate.v1.CreateUseCodeRequest",
            "shuqiao.certificate.v1.NewUseCode",
            "shuqiao.certificate.v1.LookupCertificateRequest",
            "shuqiao.certificate.v1.AnnounceCertificateChangesRequest",
            "shuqiao.certificate.v1.CertificateChange",
            "shuqiao.certificate.v1.LookupCertificateResponse",
            "shuqiao.certificate.v1.BatchLookupCertificatesRequest",
            "shuqiao.certificate.v1.BatchLookupCertificatesResponse",
            "shuqiao.certificate.v1.BatchLookupResult",
            "shuqiao.certificate.v1.LookupForMatterRequest",
            "shuqiao.certificate.v1.LookupForMatterResponse",
            "shuqiao.certificate.v1.CreateCertificateFileLinkRequest",
            "shuqiao.certificate.v1.CreateCertificateFileLinkResponse",
            "shuqiao.certificate.v1.CertificateFileLink",
            "shuqiao.provider.v1.ResolveNetworkIdentityRequest",
            "shuqiao.provider.v1.ResolveNetworkIdentityResponse",
            "shuqiao.provider.v1.FetchCertificateFileRequest",
            "shuqiao.provider.v1.FetchCertificateFileResponse",
            "shuqiao.certificate.v1.RoleHolder",
            "shuqiao.certificate.v1.NeedAnswer",
            "shuqiao.certificate.v1.Attempt",
            "shuqiao.certificate.v1.Certificate",
            "shuqiao.certificate.v1.VerifyCertificateRequest",
            "shuqiao.certificate.v1.VerifyCertificateResponse",
            "shuqiao.exchange.v1.ReadRowsRequest",
            "shuqiao.exchange.v1.ReadRowsResponse",
            "shuqiao.exchange.v1.Filter",
            "shuqiao.exchange.v1.FilterList",
            "shuqiao.exchange.v1.Comparison",
            "shuqiao.exchange.v1.Membership",
            "shuqiao.exchange.v1.Between",
            "shuqiao.exchange.v1.Row",
            "shuqiao.exchange.v1.RowBatch",
            "shuqiao.exchange.v1.ExplainRequest",
            "shuqiao.exchange.v1.File",
            "shuqiao.exchange.v1.FileChunk",
            "shuqiao.exchange.v1.BeginFileRequest",
            "shuqiao.exchange.v1.UploadFileRequest",
            "shuqiao.exchange.v1.ListFilesResponse",
            "shuqiao.exchange.v1.ReadFileRequest",
            "shuqiao.exchange.v1.ReadFileResponse",
            "shuqiao.sharing.v1.Correction",
            "shuqiao.sharing.v1.DisputedRecord",
            "shuqiao.sharing.v1.DisputedCertificate",
            "shuqiao.sharing.v1.DisputedRow",
            "shuqiao.sharing.v1.RaiseCorrectionRequest",
            "shuqiao.sharing.v1.CloseCorrectionRequest",
            "shuqiao.sharing.v1.WithdrawCorrectionRequest",
            "shuqiao.sharing.v1.ListCorrectionsResponse",
            "shuqiao.provider.v1.CertificateRecord",
            "shuqiao.provider.v1.HolderItem",
            "shuqiao.provider.v1.FindCertificatesRequest",
            "shuqiao.provider.v1.FindCertificatesResponse",
            "shuqiao.provider.v1.StreamRowsRequest",
            "shuqiao.provider.v1.StreamRowsResponse",
            "shuqiao.registry.v1.EnrolmentToken",
            "shuqiao.registry.v1.EnrolRequest",
            "shuqiao.value.v1.ItemValue",
            "shuqiao.value.v1.Purpose",
        ])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    Ok(())
}
