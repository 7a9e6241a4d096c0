/** The commands with their flags. What they do is in `tasks`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Does the work of a command, until it ends or the signal comes, and returns the exit code. */
export type Task = (stop: AbortSignal) => Promise<number>

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

/** Makes a flag optional. Tasks get `undefined`, because an `Option` of this file is not one of theirs. */
const maybe = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> => Flag.map(Flag.optional(flag), Option.getOrUndefined)

const optionalText = (name: string, metavar: string, description: string) => maybe(text(name, metavar, description))

const count = (name: string, description: string, least = 0) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= least,
      (value) => `--${name}: ${value} is less than ${least}`
    ),
    Flag.withDescription(description),
    maybe
  )

const amount = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.filter(
      (value) => value > 0,
      (value) => `--${name}: ${value} is not more than 0`
    ),
    Flag.withDescription(description),
    maybe
  )

const duration = (name: string, description: string) =>
  text(name, "duration", description).pipe(
    Flag.filterMap(
      (given) => Option.map(Duration.fromInput(given as Duration.Input), Duration.toMillis),
      (given) => `--${name}: ${given} is not a duration, such as "20 millis" or "2 hours"`
    ),
    maybe
  )

const is = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false), Flag.withDescription(description))

const database = {
  db: optionalText("db", "file", "The SQLite file of the jobs"),
  postgres: optionalText("postgres", "url", "The database of jobs on many machines. Default: LLMFX_POSTGRES_URL")
}

const job = Argument.String("job").pipe(
  Argument.withDescription("The job. Default: the only one"),
  Argument.optional,
  Argument.map(Option.getOrUndefined)
)

const outFormat = Flag.Literals("out-format", ["batch", "plain"]).pipe(
  Flag.withDefault("batch"),
  Flag.withDescription("Lines as OpenAI's batches write them, or the custom id with the value or the error")
)

const limits = {
  budgetTokens: count("budget-tokens", "Pauses the job when it has used so many tokens", 1),
  budgetUsd: amount("budget-usd", "Pauses the job when it has cost so much, by --prices"),
  deadline: duration("deadline", 'Pauses the job when it takes longer, such as "2 hours"')
}

const inDatabase = { ...database, job }

const runFlags = {
  input: Argument.String("input").pipe(
    Argument.withDescription("A file of JSON lines (a batch file, or plain inputs), or a .csv file")
  ),
  ...database,
  endpoint: text("endpoint", "provider:id", "What to call, such as openai:chat.completions.create"),
  cloud: maybe(
    Flag.Literals("cloud", ["azure", "bedrock", "vertex", "foundry"]).pipe(
      Flag.withDescription("The cloud that serves the models, with credentials and region from its own variables")
    )
  ),
  baseUrl: optionalText("base-url", "url", "The address of a compatible server or a gateway"),
  out: optionalText("out", "file", "Where results go, in the order of the inputs. Default: standard output"),
  job: optionalText("job", "name", "The name of the job. Default: the name of the input file"),
  template: optionalText(
    "template",
    "json",
    "The input as JSON, or a file with it; {{name}} stands for a field of a line or a column of CSV"
  ),
  inFormat: maybe(
    Flag.Literals("in-format", ["jsonl", "csv"]).pipe(Flag.withDescription("Default: by the name of the file"))
  ),
  idFrom: optionalText("id-from", "field", "The field or column with the custom id. Default: custom_id"),
  rejects: optionalText("rejects", "file", "Where broken lines go. Default: <input>.rejects.jsonl"),
  outFormat,
  concurrency: count("concurrency", "Calls in flight. Default: 64", 1),
  requestsPerMinute: count("requests-per-minute", "A limit of requests, besides what the API says", 1),
  tokensPerMinute: count("tokens-per-minute", "A limit of tokens, besides what the API says", 1),
  rounds: count("rounds", "How often failures that may succeed are sent again. Default: 1"),
  prices: optionalText(
    "prices",
    "file",
    'Prices of a million tokens by model, as JSON: { "gpt-5.4": { "input": 2, "output": 10 } }'
  ),
  ...limits,
  dedupe: is("dedupe", "Sends equal inputs once"),
  batch: is("batch", "Sends the inputs through the batch API of OpenAI or Anthropic"),
  redis: optionalText("redis", "url", "Where processes on --postgres share limits. Default: LLMFX_REDIS_URL"),
  host: optionalText("host", "address", "Where others on --postgres reach this process. Default: 127.0.0.1"),
  port: count("port", "The port for them. Default: 34431", 1)
}

const emulatorFlags = {
  port: count("port", "The port. Default: any free one"),
  host: optionalText("host", "address", "The address. Default: 127.0.0.1"),
  allowHost: text(
    "allow-host",
    "name",
    'A name under which requests may come, or "any"; can be repeated. Default: those of this machine'
  ).pipe(Flag.atLeast(0)),
  allowOrigin: text(
    "allow-origin",
    "origin",
    'Pages that may ask, such as https://app.example, or "any"; can be repeated. Default: those of this machine'
  ).pipe(Flag.atLeast(0)),
  replies: optionalText("replies", "file.json", "What the model says: a list of texts and answers"),
  models: optionalText(
    "models",
    "names",
    "The only models that are there, separated by commas. Default: any except those of another vendor"
  ),
  lenient: is("lenient", "Takes requests that the APIs refuse"),
  studio: is("studio", "Answers as self-hosted Coze Studio does, instead of the cloud"),
  pace: duration("pace", 'The pause before each event of a stream, such as "20 millis"'),
  latency: duration("latency", "How long each response takes"),
  jobDuration: duration("job-duration", 'How long batches and runs take. Default: "1 second"'),
  requestsPerMinute: count(
    "requests-per-minute",
    "The rate limit of a key. Default: 10000, or none if another limit is set"
  ),
  tokensPerMinute: count(
    "tokens-per-minute",
    "The same for tokens. Default: 10 million, or none if another limit is set"
  ),
  maxBody: count("max-body", "The longest body of a request, in bytes. Default: 67108864"),
  faultRate: Flag.Finite("fault-rate").pipe(
    Flag.filter(
      (share) => share >= 0 && share <= 1,
      (share) => `--fault-rate: ${share} is not between 0 and 1`
    ),
    Flag.withDefault(0),
    Flag.withDescription("The share of requests that go wrong, from 0 (the default) to 1")
  ),
  seed: count("seed", "What goes wrong depends on it. Default: 1"),
  capacity: count("capacity", "How many resources each API keeps. Default: 100000"),
  missing: Flag.Literals("missing", ["notFound", "sample"]).pipe(
    Flag.withDefault("notFound"),
    Flag.withDescription("What was never created is missing (the default), or a sample")
  )
}

/** Makes the effect of a command from its work. */
type Doing = (task: Task) => Effect.Effect<void>

const runCommand = (doing: Doing) =>
  Command.make("run", runFlags, (options) =>
    doing(async (stop) => (await import("./tasks/runJob.ts")).runJob(options, stop))
  ).pipe(
    Command.withDescription(
      "Calls an endpoint for each line of a file. Ctrl-C stops; the same command again goes on where it was."
    ),
    Command.withExamples([
      {
        command: "llmfx bulk run in.jsonl --out out.jsonl --endpoint openai:chat.completions.create --db job.db",
        description: "Run a batch file"
      },
      {
        command: `llmfx bulk run cities.csv --out out.jsonl --endpoint openai:responses.create --db job.db --template '{"model":"gpt-5.4-mini","input":"Describe {{city}}."}'`,
        description: "Fill a template from the columns of a CSV file"
      }
    ])
  )

const statusCommand = (doing: Doing) =>
  Command.make(
    "status",
    {
      ...inDatabase,
      json: is("json", "One JSON object a job"),
      watch: is("watch", "Shows the progress until the job ends or is paused")
    },
    (options) => doing(async (stop) => (await import("./tasks/showStatus.ts")).showStatus(options, stop))
  ).pipe(Command.withDescription("Shows how far jobs are. Without a job: all."))

const controlCommand = (doing: Doing, action: "pause" | "cancel" | "retry-failed", description: string) =>
  Command.make(action, inDatabase, (options) =>
    doing(async (stop) => (await import("./tasks/controlJob.ts")).controlJob({ action, ...options }, stop))
  ).pipe(Command.withDescription(description))

const resumeCommand = (doing: Doing) =>
  Command.make("resume", { ...inDatabase, ...limits }, (options) =>
    doing(async (stop) => (await import("./tasks/controlJob.ts")).controlJob({ action: "resume", ...options }, stop))
  ).pipe(Command.withDescription("Lets a paused job go on, with another budget or deadline if they are given."))

const exportCommand = (doing: Doing) =>
  Command.make(
    "export",
    {
      ...inDatabase,
      out: optionalText("out", "file", "Default: standard output"),
      only: maybe(Flag.Literals("only", ["succeeded", "failed"]).pipe(Flag.withDescription("Default: both"))),
      outFormat
    },
    (options) => doing(async (stop) => (await import("./tasks/exportResults.ts")).exportResults(options, stop))
  ).pipe(Command.withDescription("Writes the results that are there, also while the job runs."))

const bulkCommand = (doing: Doing) =>
  Command.make("bulk").pipe(
    Command.withDescription("Jobs of many calls that survive the process."),
    Command.withSubcommands([
      runCommand(doing),
      statusCommand(doing),
      controlCommand(doing, "pause", "Sends nothing more of a job. Calls in flight end, and their results are stored."),
      resumeCommand(doing),
      controlCommand(doing, "cancel", "Ends a job. Calls in flight end, and their results are stored."),
      controlCommand(doing, "retry-failed", "Sends the failed inputs of a job again."),
      exportCommand(doing)
    ])
  )

const emulatorCommand = (doing: Doing) =>
  Command.make("emulator", emulatorFlags, (options) =>
    doing(async (stop) => (await import("./tasks/serveEmulator.ts")).serveEmulator(options, stop))
  ).pipe(
    Command.withDescription(
      "Serves emulated OpenAI, Anthropic and Coze APIs for tests. Any key is good. Requests that the APIs refuse are refused. GET /__llmfx/journal lists the last 1000 requests."
    )
  )

/** The commands. `start` runs what they do. */
export const commandsOf = (start: (task: Task) => Promise<void>) => {
  const doing: Doing = (task) => Effect.promise(() => start(task))
  return Command.make("llmfx").pipe(
    Command.withDescription("Jobs of many calls to OpenAI, Anthropic and Coze, and an emulator of their APIs."),
    Command.withSubcommands([bulkCommand(doing), emulatorCommand(doing)])
  )
}
