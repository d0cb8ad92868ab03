/** @file The worker file of workerpool ("a dedicated worker": faster than a function sent as text). */
import workerpool from 'workerpool';
import { add } from './work.js';

workerpool.worker({ add });
