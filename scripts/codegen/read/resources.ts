import { type ClassDeclaration, Node, Project } from "ts-morph"
import { type Declaration, ref, type Type } from "../Type.ts"
import { type MethodOptions, type RawMethod, readMethod } from "./methods.ts"
import { makeTypeReader, type TypeReader } from "./types.ts"

/** The content of an SDK's sources, before any decision. */
export interface Source {
  readonly resources: ReadonlyArray<RawResource>
  readonly declarations: ReadonlyMap<string, Declaration>
  readonly roots: ReadonlyArray<{ readonly id: string; readonly type: Type }>
  /** The code that the server sends, by error class. */
  readonly errorCodes: ReadonlyMap<string, string>
}

export interface RawResource {
  /** `["chat", "completions"]`. */
  readonly path: ReadonlyArray<string>
  readonly file: string
  readonly className: string
  readonly methods: ReadonlyArray<RawMethod>
  /** Public methods that send no request of their own. */
  readonly helpers: ReadonlyArray<string>
}

export interface ReadOptions {
  /** The folder of the sources. */
  readonly root: string
  readonly clientClass: string
  /** The SDK's stream classes, and the id of their events' type. */
  readonly streams: { readonly [className: string]: string }
  /** Declarations that no endpoint mentions but that are needed. */
  readonly roots: ReadonlyArray<string>
}

export const readSource = (options: ReadOptions): Source => {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: { strict: true, moduleResolution: 100 }
  })
  project.addSourceFilesAtPaths([`${options.root}/**/*.ts`, `!${options.root}/**/*.d.ts`])
  return readProject(project, options)
}

export const readProject = (project: Project, options: ReadOptions): Source => {
  const types = makeTypeReader(options.root)
  const client = project
    .getSourceFiles()
    .flatMap((file) => file.getClasses())
    .find((declaration) => declaration.getName() === options.clientClass && resourcesOf(declaration).length > 0)
  if (client === undefined) throw new Error(`no class ${options.clientClass} with resources`)
  const streams = Object.fromEntries(
    Object.entries(options.streams).map(([name, id]) => [name, declareRoot(project, options.root, id, types)])
  )
  const resources = resourcesOf(client).flatMap(([name, declaration]) =>
    readResource(declaration, [name], options.root, { types, streams })
  )
  const roots = options.roots.map((id) => ({ id, type: declareRoot(project, options.root, id, types) }))
  return { resources, declarations: types.declarations, roots, errorCodes: errorCodesOf(project) }
}

const readResource = (
  declaration: ClassDeclaration,
  path: ReadonlyArray<string>,
  root: string,
  options: MethodOptions
): ReadonlyArray<RawResource> => {
  const methods: Array<RawMethod> = []
  const helpers: Array<string> = []
  for (const method of declaration.getMethods()) {
    const id = [...path, method.getName()].join(".")
    if (/^[#_]/.test(method.getName())) continue
    try {
      const read = readMethod(method, options)
      if (read === undefined) helpers.push(id)
      else methods.push(read)
    } catch (error) {
      throw new Error(`${id}: ${error instanceof Error ? error.message : error}`)
    }
  }
  const file = declaration
    .getSourceFile()
    .getFilePath()
    .slice(root.length + 1)
    .replace(/\.ts$/, "")
  return [
    { path, file, className: declaration.getName() ?? "", methods, helpers },
    ...resourcesOf(declaration).flatMap(([name, child]) => readResource(child, [...path, name], root, options))
  ]
}

/** Returns the properties of a class that hold a resource: `files: FilesAPI.Files = new FilesAPI.Files(…)`. */
const resourcesOf = (declaration: ClassDeclaration): ReadonlyArray<readonly [string, ClassDeclaration]> =>
  declaration.getInstanceProperties().flatMap((property) => {
    if (!Node.isPropertyDeclaration(property) || property.getName().startsWith("_")) return []
    const value = property.getInitializer()
    if (!Node.isNewExpression(value)) return []
    const symbol = value.getExpression().getSymbol()
    const target = symbol?.getAliasedSymbol() ?? symbol
    const child = target?.getDeclarations().find(Node.isClassDeclaration)
    return child?.getExtends()?.getText() === "APIResource" ? [[property.getName(), child] as const] : []
  })

const declareRoot = (project: Project, root: string, id: string, types: TypeReader): Type => {
  const [file, name] = id.split("#")
  const source = project.getSourceFile(`${root}/${file}.ts`)
  const declaration = source?.getInterface(name ?? "") ?? source?.getTypeAlias(name ?? "")
  if (declaration === undefined) throw new Error(`${id}: no such type in the sources`)
  const type = types.declare(declaration)
  return type.kind === "ref" ? type : ref(id)
}

const errorCodesOf = (project: Project): ReadonlyMap<string, string> =>
  new Map(
    project
      .getSourceFiles()
      .flatMap((file) => file.getClasses())
      .flatMap((declaration) => {
        const code = declaration.getProperty("errorCode")?.getTypeNode()
        const literal = Node.isLiteralTypeNode(code) ? code.getLiteral() : undefined
        return Node.isStringLiteral(literal) ? [[declaration.getName() ?? "", literal.getLiteralValue()] as const] : []
      })
  )
