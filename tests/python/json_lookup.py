"""A lookup over HTTP/JSON with nothing but Python's own library, and the document of the surface.

Usage: json_lookup.py SERVER IDENTITY_DIR DOCUMENT_OUT
Writes what /openapi.json says to DOCUMENT_OUT, so that a validator can look at it.
"""

import http.client
import json
import pathlib
import ssl
import sys
import uuid

HOLDER = {"typeCode": "001", "code": "92430582XYXYXY0325"}
CERTIFICATE_TYPE = "certificateTypes/11100000MB0143028R001"
MATTER = "matters/11430500XY0000055Q2022000000002"
FOREIGN_MATTER = "matters/11430500XY0000135C2022000000001"


def connect(server: str, identity: pathlib.Path) -> http.client.HTTPSConnection:
    """Connects by mutual TLS with the files that enrolment left."""
    context = ssl.create_default_context(cafile=str(identity / "authority.pem"))
    context.load_cert_chain(identity / "certificate.pem", identity / "key.pem")
    return http.client.HTTPSConnection(server, timeout=10, context=context)


def lookup(connection: http.client.HTTPSConnection, matter: str):
    """One lookup of a business licence by its holder: the HTTP code and the JSON of the answer."""
    request = {
        "certificateType": CERTIFICATE_TYPE,
        "holder": HOLDER,
        "purpose": {"matter": matter, "caseNumber": "PY-0002", "operator": "window-01"},
        "requestId": str(uuid.uuid4()),
    }
    headers = {"content-type": "application/json", "grpc-timeout": "5S"}
    connection.request("POST", "/v1/certificates:lookup", json.dumps(request), headers)
    response = connection.getresponse()
    return response.status, json.load(response)


def main() -> None:
    server, identity, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    connection = connect(server, identity)
    code, answer = lookup(connection, MATTER)
    assert code == 200 and answer["disposition"] == "DISPOSITION_FOUND", answer
    items = {item["key"]: item.get("text") or item.get("date") for item in answer["certificate"]["items"]}
    print(f"found {items['enterprise_name']}, ledger entry {answer['receipt']['outcomeIndex']}")

    code, answer = lookup(connection, FOREIGN_MATTER)
    info = answer["details"][0]
    assert (code, info["reason"]) == (403, "MATTER_NOT_COVERED"), answer
    print(f"refused: {info['reason']} by {info['metadata']['rule']}, fault {info['metadata']['fault']}")

    connection.request("GET", "/openapi.json")
    out.write_bytes(connection.getresponse().read())


if __name__ == "__main__":
    main()
