import { requireRole, type Role, ROLES } from '@tsunagari/access';
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  valueFromASTUntyped,
} from 'graphql';
import { failure } from './failures';
import type { RequestContext } from './request-context';

type Field = ReturnType<GraphQLObjectType['getFields']>[string];

/** Fields that Federation adds; they are the gateway's, and only the gateway gets this far. */
const FEDERATION_FIELDS = new Set(['_service', '_entities']);

/**
 * Puts the roles in front of every field that names them. Throws, so that the subgraph does not build, when a root field names
 * none or a role does not exist.
 */
export function enforceRoles(schema: GraphQLSchema): GraphQLSchema {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const roles = rolesOf(type, field);
      if (roles) guard(field, roles);
      else if (roots.has(type) && !FEDERATION_FIELDS.has(field.name))
        throw new Error(`${type.name}.${field.name} has no @role(anyOf:): say who may use it`);
    }
  }
  return schema;
}

function rolesOf(type: GraphQLObjectType, field: Field): readonly Role[] | null {
  const directive = field.astNode?.directives?.find((node) => node.name.value === 'role');
  const argument = directive?.arguments?.find((node) => node.name.value === 'anyOf');
  if (!argument) return null;
  const names = [valueFromASTUntyped(argument.value)].flat() as string[];
  const unknown = names.find((name) => !isRole(name));
  if (unknown !== undefined || names.length === 0)
    throw new Error(`${type.name}.${field.name}: @role names ${unknown ? `the unknown role ${unknown}` : 'no role'}`);
  return names.filter(isRole);
}

function guard(field: Field, allowed: readonly Role[]): void {
  const guarded =
    (resolve: GraphQLFieldResolver<unknown, RequestContext>): GraphQLFieldResolver<unknown, RequestContext> =>
    (source, args, context, info) => {
      const check = requireRole(context.principal, allowed);
      if (check.kind === 'denied') throw failure(check.code, check.message);
      return resolve(source, args, context, info);
    };
  if (field.subscribe) field.subscribe = guarded(field.subscribe);
  else field.resolve = guarded(field.resolve ?? defaultFieldResolver);
}

function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name);
}
