import { ROLES, type Role } from '@tsunagari/access';
import { openAccess, storedClock } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { answer, UsageError, withDeployment, type Command, type ExitCode } from '../command';

export const tokenCommand: Command = {
  usage: 'token --role <role>',
  summary: 'issues a token of the embedded default, or shows the write key of the intake',
  help: `Send it as Authorization: Bearer. With OIDC_ISSUER set your issuer makes the tokens instead.`,
  options: {
    role: { type: 'string', what: `one or more of ${ROLES.join(', ')}, separated by commas (default data)` },
    name: { type: 'string', what: 'who it is for: stands in facts as user:<name> (default cli)' },
    hours: { type: 'string', what: 'how long it holds, 1 to 720 (default 12)' },
    'write-key': { type: 'boolean', what: 'shows the write key that SDKs send to the intake' },
  },
  async run(call) {
    if (call.positionals.length > 0) throw new UsageError('token takes no word, only options');
    return withDeployment(async (deployment): Promise<ExitCode> => {
      const access = await openAccess(deployment);
      if (call.options['write-key'] === true) {
        answer(call, { writeKey: deployment.secrets.writeKey }, deployment.secrets.writeKey);
        return 0;
      }
      if (storedClock(readConfiguration()).oidcIssuer !== undefined)
        throw new UsageError('OIDC_ISSUER is set: tokens come from that issuer');
      const roles = String(call.options['role'] ?? 'data').split(',') as Role[];
      const unknown = roles.find((role) => !ROLES.includes(role) || role === 'customer');
      if (unknown !== undefined)
        throw new UsageError(`no role ${unknown}: one of ${ROLES.filter((role) => role !== 'customer').join(', ')}`);
      const hours = Number(call.options['hours'] ?? 12);
      if (!Number.isInteger(hours) || hours < 1 || hours > 720) throw new UsageError('--hours is a whole number from 1 to 720');
      const token = await access.issueToken({ name: String(call.options['name'] ?? 'cli'), roles, hours });
      answer(call, { token, roles, hours }, token);
      return 0;
    });
  },
};
