import "../../examples/testing/cassette.test.ts"
import "../../examples/testing/retries.test.ts"
import "../../examples/testing/streaming.test.ts"
import "../../examples/testing/unit.test.ts"
