/** The key under which the metadata of an `AiError` holds its `ApiError` as JSON. */
export const aiMetadataKey = "llmfx"
