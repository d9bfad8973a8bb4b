// The image's health check: exit code 0 when the process of this container says that it is ready.
fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/health/ready`, { signal: AbortSignal.timeout(3_000) }).then(
  (response) => process.exit(response.ok ? 0 : 1),
  () => process.exit(1),
);
