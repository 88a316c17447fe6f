import sys; sys.path.insert(0,'/tmp')
from dbg import main
async def test_dbg(own_kafka): await main(own_kafka.bootstrap)
