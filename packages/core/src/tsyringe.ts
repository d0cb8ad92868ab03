/** @file tsyringe's root container where modules can only be loaded ahead: in a page. Node takes `tsyringe-node.ts`. */
import { container, type DependencyContainer } from 'tsyringe';

/** Where the program itself may have registered something: the root container, once tsyringe is loaded. */
export const loadedRoot = (): DependencyContainer | undefined => container;
export const root = (): DependencyContainer => container;
