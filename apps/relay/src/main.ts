import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { explained, SHUTDOWN } from '@tsunagari/process';
import { listenOn, readConfiguration, type Shutdown } from '@tsunagari/runtime';
import { RelayModule } from './relay.module';

/** Runs the relay until a signal ends it. What keeps it from starting is a sentence and exit code 1. */
async function main(): Promise<void> {
  const configuration = readConfiguration(process.env, 'relay');
  const app = await NestFactory.create(RelayModule.of(configuration), { logger: false, abortOnError: false });
  const shutdown = app.get<Shutdown>(SHUTDOWN);
  try {
    await app.init();
    const port = await listenOn(app.getHttpServer(), configuration.port, configuration.host);
    shutdown.onShutdown('requests', () => app.close());
    shutdown.onSignals();
    process.stdout.write(`relay runs at http://${configuration.host}:${port}\n`);
  } catch (error) {
    await shutdown.shutDown('could not start');
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${explained(error)}\n`);
  process.exit(1);
});
