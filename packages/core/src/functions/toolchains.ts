/** @file What compilers and test runners write into functions, and what that means for one that travels. */
import { VITE_DYNAMIC_IMPORT } from './scope-walk.js';

/**
 * The source of a helper that does no more than its caller can do without its file: bound to the name where the function
 * is evaluated, so that functions inside it see it too.
 */
export function helperSource(name: string): string | undefined {
  // esbuild with keepNames, and so tsx: __name(fn, 'inner') around every inner function.
  if (name === '__name') return "(f,n)=>Object.defineProperty(f,'name',{value:n,configurable:true})";
  // vitest: import() inside a function.
  if (name === VITE_DYNAMIC_IMPORT) return '(u)=>import(u)';
  return undefined;
}

/** vitest's name for what an import declaration brought. */
export const isViteImport = (name: string): boolean => /^__vite_ssr_import_\d+__$/.test(name);

/** Explains a name that no user wrote, and how to do without it. */
export function rewriteOf(name: string): { what: string; instead: string } | undefined {
  if (isViteImport(name) || name === '__vite_ssr_import_meta__' || /^__vi_(import|export)/.test(name)) {
    return {
      what: 'which vitest wrote in place of an import of the file',
      instead:
        'Mark the function where it is exported, task(import.meta.url, fn), or pass what it needs as an argument.',
    };
  }
  if (/^cov_[a-z\d]+$/.test(name)) {
    return {
      what: "istanbul's counter, which is written into every function",
      instead:
        "Measure coverage with V8 instead, which leaves functions as they are (vitest: coverage.provider 'v8').",
    };
  }
  if (ESBUILD_HELPERS.has(name)) {
    return {
      what: 'a helper that esbuild writes for syntax that its target lacks',
      instead: 'Set the target of the compiler to ES2022 or later.',
    };
  }
  if (
    /^__(awaiter|generator|rest|assign|spreadArray|values|read|await|asyncGenerator|asyncValues|asyncDelegator|extends|decorate|classPrivateField(Get|Set|In)|esDecorate|runInitializers|makeTemplateObject|addDisposableResource|disposeResources)$/.test(
      name,
    )
  ) {
    return {
      what: 'a helper that TypeScript writes for syntax that its target lacks',
      instead: 'Set the target of the compiler to ES2022 or later.',
    };
  }
  if (/^_?_?import_\w+$|^import_\w+$/.test(name)) {
    return {
      what: 'which a compiler to CommonJS wrote in place of an import of the file',
      instead: 'Compile to ES modules, or mark the function where it is exported: task(import.meta.url, fn).',
    };
  }
  return undefined;
}

const ESBUILD_HELPERS: ReadonlySet<string> = new Set(
  `__async __await __asyncGenerator __yieldStar __forAwait __pow __publicField __defNormalProp __privateGet __privateSet
  __privateAdd __privateMethod __privateIn __privateWrapper __spreadValues __spreadProps __objRest __superGet __superSet
  __superWrapper __template __using __callDispose __decorateClass __decorateElement __decoratorStart __toESM __toCommonJS
  __require __restKey __earlyAccess`.split(/\s+/),
);
