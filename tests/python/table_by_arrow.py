"""A granted table as a pandas data frame and in DuckDB, by tools that know nothing of Shuqiao.

Usage: table_by_arrow.py SERVER IDENTITY_DIR
Needs pyarrow, pandas and duckdb.
"""

import json
import pathlib
import sys

import duckdb
import pyarrow as pa
from pyarrow import flight

READ = {
    "resource": "resources/102001-000001",
    "items": ["enterprise_name", "credit_code", "established_date"],
    "filter": {"comparison": {"operator": "OPERATOR_PREFIX", "value": {"key": "credit_code", "text": "9143"}}},
    "order": [{"item": "credit_code"}],
    "limit": 20,
    "purpose": {
        "matter": "matters/11430500XY0000055Q2022000000002",
        "caseNumber": "PY-0002",
        "operator": "window-01",
    },
}


def connect(server: str, identity: pathlib.Path) -> flight.FlightClient:
    """Connects by mutual TLS with the files that enrolment left."""
    read = lambda name: (identity / name).read_bytes()
    return flight.connect(
        f"grpc+tls://{server}",
        tls_root_certs=read("authority.pem"),
        cert_chain=read("certificate.pem"),
        private_key=read("key.pem"),
        override_hostname="localhost",
    )


def main() -> None:
    client = connect(sys.argv[1], pathlib.Path(sys.argv[2]))
    asked = flight.FlightDescriptor.for_command(json.dumps(READ))
    info = client.get_flight_info(asked)
    assert info.schema.field("established_date").type == pa.date32(), info.schema

    reader = client.do_get(info.endpoints[0].ticket)
    chunks, told = [], []
    while True:
        try:
            chunk = reader.read_chunk()
        except StopIteration:
            break
        chunks.append(chunk.data)
        told.append(json.loads(chunk.app_metadata.to_pybytes()) if chunk.app_metadata else {})
    table = pa.Table.from_batches(chunks, info.schema)
    frame = table.to_pandas()
    assert len(frame) > 0 and frame["credit_code"].str.startswith("9143").all()
    counted = duckdb.sql("SELECT count(*), min(established_date) FROM frame").fetchall()[0]
    assert counted[0] == len(frame), counted
    print(f"{len(frame)} rows in pandas and DuckDB, ledger entry {told[-1]['receipt']['outcomeIndex']}")

    # As most programs do it, in one call.
    again = client.do_get(client.get_flight_info(asked).endpoints[0].ticket).read_pandas()
    assert len(again) == len(frame)

    foreign = {**READ, "purpose": {**READ["purpose"], "matter": "matters/11430500XY0000135C2022000000001"}}
    try:
        client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(foreign)))
    except flight.FlightError as error:
        print(f"refused: {str(error).splitlines()[0][:100]}")
    else:
        raise SystemExit("a read for another matter was not refused")


if __name__ == "__main__":
    main()
