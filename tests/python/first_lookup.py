"""A first lookup from Python: generate the client from proto/, connect by mutual TLS, look up.

Usage: first_lookup.py PROTO_DIR SERVER IDENTITY_DIR
Needs grpcio, grpcio-tools, googleapis-common-protos and grpcio-status.
"""

import importlib
import pathlib
import sys
import tempfile
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

HOLDER = ("001", "92430582XYXYXY0325")
CERTIFICATE_TYPE = "certificateTypes/11100000MB0143028R001"
MATTER = "matters/11430500XY0000055Q2022000000002"
FOREIGN_MATTER = "matters/11430500XY0000135C2022000000001"


def generate(proto_dir: pathlib.Path, out: str) -> None:
    """Generates the client's modules, as an integrator would."""
    files = [str(p) for p in sorted(proto_dir.glob("shuqiao/**/*.proto"))]
    well_known = pathlib.Path(importlib.import_module("grpc_tools").__file__).parent / "_proto"
    arguments = ["protoc", f"-I{proto_dir}", f"-I{well_known}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main(arguments + files) != 0:
        raise SystemExit("the proto files could not be compiled")
    sys.path.insert(0, out)


def connect(server: str, identity: pathlib.Path) -> grpc.Channel:
    """Connects by mutual TLS with the files that enrolment left."""
    read = lambda name: (identity / name).read_bytes()
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read("authority.pem"),
        private_key=read("key.pem"),
        certificate_chain=read("certificate.pem"),
    )
    return grpc.secure_channel(server, credentials, [("grpc.ssl_target_name_override", "localhost")])


def request(matter: str):
    """One lookup of a business licence by its holder."""
    from shuqiao.certificate.v1 import certificate_pb2
    from shuqiao.value.v1 import value_pb2

    return certificate_pb2.LookupCertificateRequest(
        certificate_type=CERTIFICATE_TYPE,
        holder=certificate_pb2.Holder(type_code=HOLDER[0], code=HOLDER[1]),
        purpose=value_pb2.Purpose(matter=matter, case_number="PY-0001", operator="window-01"),
        request_id=str(uuid.uuid4()),
    )


def main() -> None:
    proto_dir, server, identity = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as out:
        generate(proto_dir, out)
        from shuqiao.certificate.v1 import certificate_pb2, certificate_pb2_grpc

        stub = certificate_pb2_grpc.CertificateServiceStub(connect(server, identity))
        answer = stub.LookupCertificate(request(MATTER), timeout=10)
        assert answer.disposition == certificate_pb2.DISPOSITION_FOUND, "the licence was not found"
        items = {item.key: item.text or item.date for item in answer.certificate.items}
        print(f"found {items['enterprise_name']}, ledger entry {answer.receipt.outcome_index}")

        try:
            stub.LookupCertificate(request(FOREIGN_MATTER), timeout=10)
        except grpc.RpcError as error:
            info = error_details_pb2.ErrorInfo()
            for detail in rpc_status.from_call(error).details:
                if detail.Unpack(info):
                    break
            print(f"refused: {info.reason} by {info.metadata['rule']}, fault {info.metadata['fault']}")
            assert info.reason == "MATTER_NOT_COVERED"
        else:
            raise SystemExit("a lookup for another matter was not refused")


if __name__ == "__main__":
    main()
