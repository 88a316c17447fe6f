from __future__ import annotations

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from processors.engine.foreign_records import _Records
from tests.support.foreign_records import NoText


@pytest.mark.parametrize("codec", [0, 1], ids=["plain", "gzip"])
def test_batch_with_a_header_name_that_is_no_text_is_read_whole(codec: int) -> None:
    """What aiokafka relies on: offsets, checksum, and every record of every batch; this breaks when it changes."""
    builder = _DefaultRecordBatchBuilderPy(
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=100_000,
    )
    builder.append(0, 1, b"k", b"v", [("fine", b"1")])
    builder.append(1, 2, b"k", b"v", [(NoText("x"), b"2"), ("null", None)])
    builder.append(2, 3, None, None, [])
    data, found = bytes(builder.build()), []
    records = _Records(data + data)
    while records.has_next():
        batch = records.next_batch()
        assert (batch.next_offset, batch.is_control_batch, batch.validate_crc()) == (3, False, True)
        found.append([(record.offset, record.key, record.value, record.headers) for record in batch])
    assert (
        found
        == [
            [
                (0, b"k", b"v", [("fine", b"1")]),
                (1, b"k", b"v", [("\ufffd\ufffd\ufffd", b"2"), ("null", None)]),
                (2, None, None, []),
            ]
        ]
        * 2
    )
