import type { RequestContext } from '@tsunagari/graphql';
import type { MessageState } from './message/message.decider';
import type { RequestChanged } from './request/request-changes';
import type { RequestState } from './request/request.decider';
import type { TaskState } from './task/task.decider';
import type { TouchpointState } from './touchpoint/touchpoint.decider';

export type SubgraphContext = RequestContext<Record<string, never>>;

export type TouchpointModel = TouchpointState;
export type CustomerRequestModel = RequestState;
export type TaskModel = TaskState;
export type MessageModel = MessageState;
export type RequestChangeModel = RequestChanged;
