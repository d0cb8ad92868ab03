/**
 * @file Starts a thread before anything else is loaded: it takes as long to start as the rest takes to load. Imports
 * nothing but piscina.
 */
export { startPool } from './start-pool.js';
