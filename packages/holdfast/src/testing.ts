export { VirtualClock, seededRandom, scripted } from '@holdfast/core/testing';
export type {
  PendingTimer,
  RunAllOptions,
  VirtualClockOptions,
  Scripted,
  ScriptedOptions,
  SeenCall,
  Step,
} from '@holdfast/core/testing';
