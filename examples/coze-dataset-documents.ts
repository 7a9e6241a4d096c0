/**
 * Lists the documents of a dataset, page by page, and requests only the pages it needs.
 *
 *     node scripts/run.mjs examples/coze-dataset-documents.ts
 *
 * Set COZE_API_TOKEN, COZE_PLATFORM (com or cn) and COZE_DATASET_ID to list your dataset.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { DatasetsDocuments } from "llmfx/coze"
import { coze, dataset, runExample } from "./support/coze.ts"

const program = Effect.gen(function* () {
  const params = { dataset_id: yield* dataset, size: 2 }
  console.log("all documents:")
  yield* Stream.runForEach(DatasetsDocuments.list(params), ({ document_id, name, size }) =>
    Effect.sync(() => console.log(`  ${document_id}  ${name} (${size} bytes)`))
  )

  console.log("by pages:")
  yield* DatasetsDocuments.list.pages(params).pipe(
    Stream.take(2),
    Stream.runForEach(({ body, items }) =>
      Effect.sync(() => console.log(`  ${items.map(({ name }) => name).join(", ")} (of ${body["total"]})`))
    )
  )
})

runExample(Effect.provide(program, coze))
