import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Health, HealthReport, Metrics } from '@tsunagari/runtime';
import type { Response } from 'express';
import { HEALTH, METRICS } from './tokens';

/** What operations ask: alive (else restart it), ready (else send it no requests), and the figures of Prometheus. */
@Controller()
export class HealthController {
  constructor(
    @Inject(HEALTH) private readonly health: Health,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  async live(@Res({ passthrough: true }) response: Response): Promise<HealthReport> {
    return withStatus(response, await this.health.liveness());
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthReport> {
    return withStatus(response, await this.health.readiness());
  }

  @Get('metrics')
  async figures(@Res() response: Response): Promise<void> {
    const { contentType, body } = await this.metrics.text();
    response.type(contentType).send(body);
  }
}

function withStatus(response: Response, report: HealthReport): HealthReport {
  response.status(report.ok ? 200 : 503);
  return report;
}
