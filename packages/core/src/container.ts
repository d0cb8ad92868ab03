/** @file The container that a runtime is wired from: tsyringe's, or what does for most until something asks for more. */

import type { DependencyContainer, FactoryProvider, InjectionToken, ValueProvider } from 'tsyringe';
import { loadedRoot, root } from '#tsyringe';

/** Without a parent its parent is tsyringe's root. */
export function childContainer(parent: DependencyContainer | undefined): DependencyContainer {
  return (parent ?? loadedRoot())?.createChildContainer() ?? new LightContainer(root);
}

type Provider = ValueProvider<unknown> | FactoryProvider<unknown>;
type Registered = Parameters<DependencyContainer['register']>;

/**
 * Holds values and factories. Asked for anything else, such as a class with dependencies, it becomes a child of the root: so
 * tsyringe is not loaded where nobody needs it.
 */
export class LightContainer implements DependencyContainer {
  private readonly held = new Map<InjectionToken, Provider[]>();
  private child: DependencyContainer | undefined = undefined;

  /** `root` is called at most once; nothing is registered there before. */
  constructor(private readonly root: () => DependencyContainer) {}

  register(...[token, provider, options]: [InjectionToken, ...unknown[]]): this {
    if (this.child !== undefined || options !== undefined || !isPlain(provider))
      this.whole().register(...([token, provider, options] as unknown as Registered));
    else if (!this.held.get(token)?.push(provider)) this.held.set(token, [provider]);
    return this;
  }

  isRegistered(token: InjectionToken, recursive?: boolean): boolean {
    return this.child?.isRegistered(token, recursive) ?? this.held.has(token);
  }

  resolve<T>(token: InjectionToken<T>): T {
    const provider = this.providers(token)?.at(-1);
    return provider === undefined ? this.whole().resolve(token) : (this.make(provider) as T);
  }

  resolveAll<T>(token: InjectionToken<T>): T[] {
    const providers = this.providers(token);
    return providers?.map((provider) => this.make(provider) as T) ?? this.whole().resolveAll(token);
  }

  registerInstance<T>(token: InjectionToken<T>, instance: T): this {
    return this.register(token, { useValue: instance });
  }

  registerSingleton(...args: [InjectionToken, ...unknown[]]): this {
    this.whole().registerSingleton(...(args as Parameters<DependencyContainer['registerSingleton']>));
    return this;
  }

  registerType<T>(from: InjectionToken<T>, to: InjectionToken<T>): this {
    this.whole().registerType(from, to);
    return this;
  }

  reset(): void {
    this.whole().reset();
  }

  clearInstances(): void {
    this.whole().clearInstances();
  }

  createChildContainer(): DependencyContainer {
    return this.whole().createChildContainer();
  }

  beforeResolution: DependencyContainer['beforeResolution'] = (...call) => {
    this.whole().beforeResolution(...call);
  };

  afterResolution: DependencyContainer['afterResolution'] = (...call) => {
    this.whole().afterResolution(...call);
  };

  dispose(): Promise<void> | void {
    return this.whole().dispose();
  }

  private providers(token: InjectionToken): readonly Provider[] | undefined {
    return this.child === undefined ? this.held.get(token) : undefined;
  }

  private make(provider: Provider): unknown {
    return 'useValue' in provider ? provider.useValue : provider.useFactory(this);
  }

  /** A container of tsyringe's with all that has been registered. */
  private whole(): DependencyContainer {
    if (this.child === undefined) {
      this.child = this.root().createChildContainer();
      for (const [token, providers] of this.held)
        for (const provider of providers) this.child.register(token, provider as ValueProvider<unknown>);
    }
    return this.child;
  }
}

function isPlain(provider: unknown): provider is Provider {
  const { useValue, useFactory } = provider as { useValue?: unknown; useFactory?: unknown };
  return useValue !== undefined || typeof useFactory === 'function';
}
