/**
 * Requests of the official clients for the clouds (`@anthropic-ai/bedrock-sdk` 1.1.3, `vertex-sdk` 1.1.3, `foundry-sdk`
 * 1.1.1), recorded at 2026-01-02T03:04:05Z with the keys of the tests, without the headers that describe the client.
 * Only the scope of a signature is kept, because the signature covers those headers too.
 */
export const recorded = {
  "bedrock create": {
    method: "POST",
    url: "https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-5-v1:0/invoke",
    headers: {
      accept: "application/json",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z",
      "x-amz-security-token": "session/token+1=="
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "bedrock arn": {
    method: "POST",
    url: "https://bedrock-runtime.us-west-2.amazonaws.com/model/arn:aws:bedrock:us-east-1:123456789012:inference-profile%2Fus.anthropic.claude-sonnet-5-v1:0/invoke",
    headers: {
      accept: "application/json",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z",
      "x-amz-security-token": "session/token+1=="
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "bedrock stream": {
    method: "POST",
    url: "https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-5-v1:0/invoke-with-response-stream",
    headers: {
      accept: "application/json",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z",
      "x-amz-security-token": "session/token+1=="
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "bedrock beta": {
    method: "POST",
    url: "https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-5-v1:0/invoke",
    headers: {
      accept: "application/json",
      "anthropic-beta": "a-2025-01-01,b-2025-02-02",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z",
      "x-amz-security-token": "session/token+1=="
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21",
      anthropic_beta: ["a-2025-01-01", "b-2025-02-02"],
      user_profile_id: "p1"
    }
  },
  "bedrock key": {
    method: "POST",
    url: "https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-5-v1:0/invoke",
    headers: {
      accept: "application/json",
      authorization: "Bearer bedrock-api-key-1",
      "content-type": "application/json"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "mantle create": {
    method: "POST",
    url: "https://bedrock-mantle.us-west-2.api.aws/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock-mantle/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z"
    },
    body: {
      user_profile_id: "p1",
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  },
  "mantle stream": {
    method: "POST",
    url: "https://bedrock-mantle.us-west-2.api.aws/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock-mantle/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      stream: true
    }
  },
  "mantle count": {
    method: "POST",
    url: "https://bedrock-mantle.us-west-2.api.aws/anthropic/v1/messages/count_tokens",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/bedrock-mantle/aws4_request",
      "content-type": "application/json",
      "x-amz-date": "20260102T030405Z"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  },
  "vertex us-east5 create": {
    method: "POST",
    url: "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-sonnet-5@20260101:rawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "vertex stream": {
    method: "POST",
    url: "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-sonnet-5@20260101:streamRawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      stream: true,
      anthropic_version: "2026-10-21"
    }
  },
  "vertex beta": {
    method: "POST",
    url: "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-sonnet-5@20260101:rawPredict",
    headers: {
      accept: "application/json",
      "anthropic-beta": "a-2025-01-01",
      "anthropic-user-profile-id": "p1",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "vertex count": {
    method: "POST",
    url: "https://us-east5-aiplatform.googleapis.com/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      model: "claude-sonnet-5@20260101",
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "vertex global create": {
    method: "POST",
    url: "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/anthropic/models/claude-sonnet-5@20260101:rawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "vertex us create": {
    method: "POST",
    url: "https://aiplatform.us.rep.googleapis.com/v1/projects/p-1/locations/us/publishers/anthropic/models/claude-sonnet-5@20260101:rawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "vertex eu create": {
    method: "POST",
    url: "https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu/publishers/anthropic/models/claude-sonnet-5@20260101:rawPredict",
    headers: {
      accept: "application/json",
      authorization: "Bearer google-token-1",
      "content-type": "application/json",
      "x-goog-user-project": "quota-1"
    },
    body: {
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      anthropic_version: "2026-10-21"
    }
  },
  "foundry create": {
    method: "POST",
    url: "https://res.services.ai.azure.com/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      "content-type": "application/json",
      "x-api-key": "foundry-key-1"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  },
  "foundry stream": {
    method: "POST",
    url: "https://res.services.ai.azure.com/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      "content-type": "application/json",
      "x-api-key": "foundry-key-1"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ],
      stream: true
    }
  },
  "foundry count": {
    method: "POST",
    url: "https://res.services.ai.azure.com/anthropic/v1/messages/count_tokens",
    headers: {
      accept: "application/json",
      "anthropic-version": "2026-10-21",
      "content-type": "application/json",
      "x-api-key": "foundry-key-1"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  },
  "foundry entra": {
    method: "POST",
    url: "https://res.services.ai.azure.com/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-dangerous-direct-browser-access": "true",
      "anthropic-version": "2026-10-21",
      authorization: "Bearer entra-1",
      "content-type": "application/json"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  },
  "foundry beta": {
    method: "POST",
    url: "https://res.services.ai.azure.com/anthropic/v1/messages",
    headers: {
      accept: "application/json",
      "anthropic-beta": "a-2025-01-01",
      "anthropic-version": "2026-10-21",
      "content-type": "application/json",
      "x-api-key": "foundry-key-1"
    },
    body: {
      model: "us.anthropic.claude-sonnet-5-v1:0",
      max_tokens: 16,
      messages: [
        {
          role: "user",
          content: "hí"
        }
      ]
    }
  }
} as const
