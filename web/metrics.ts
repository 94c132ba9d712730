import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/engine';
import { retentionGauges } from './retention-metrics';

export interface Metrics {
  /** Starts the clock of a request; call the result when it was answered. */
  begin(method: string): (route: string, status: number) => void;
  /** Prometheus text. What is state is read from SQL now. */
  scrape(): Promise<{ type: string; text: string }>;
}

export function createMetrics(engine: Engine, version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const http = new Histogram({
    name: 'gantry_http_request_seconds',
    help: 'Time until an answer began, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const runs = gauge('gantry_runs', 'Runs by state', ['state']);
  const steps = gauge('gantry_steps', 'Steps by state', ['state']);
  const instances = gauge('gantry_instances', 'Instances that are not gone, by state', ['state']);
  const deliveries = counter('gantry_deliveries_total', 'Accepted pushes and webhooks by outcome', ['outcome']);
  const switches = counter('gantry_switches_total', 'Changes of traffic that were decided');
  const queue = gauge('gantry_queue_hints_waiting', 'Hints that no runner has heard yet');
  const bell = gauge('gantry_bell_up', '1 when Redis answers; runners find their work without it, too');
  const entries = gauge('gantry_audit_entries', 'Audit entries that were checked last');
  const broken = gauge('gantry_audit_broken', 'Chains of the audit that are not as they were written');
  const checked = gauge('gantry_audit_checked_timestamp_seconds', 'When every audit entry had been checked last');
  const memory = gauge('process_resident_memory_bytes', 'Memory of this web process');
  const cpu = counter('process_cpu_seconds_total', 'Processor time of this web process');
  const retention = retentionGauges(engine, registers);
  gauge('gantry_build_info', 'Always 1', ['version']).set({ version }, 1);
  return {
    begin: (method) => {
      const started = performance.now();
      return (route, status) =>
        http.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, (performance.now() - started) / 1000);
    },
    scrape: async () => {
      const counts = await engine.store.counts();
      fill(runs, 'state', counts.runs);
      fill(steps, 'state', counts.steps);
      fill(instances, 'state', counts.instances);
      deliveries.reset();
      for (const [outcome, n] of Object.entries(counts.deliveries)) deliveries.inc({ outcome }, n);
      switches.reset();
      switches.inc(counts.switches);
      queue.set(await engine.parts.bell.waiting());
      bell.set(engine.parts.bell.state() === 'up' ? 1 : 0);
      await retention();
      const audit = await engine.audit.watched();
      entries.set(audit?.entries ?? 0);
      broken.set(audit?.breaks.length ?? 0);
      checked.set((audit?.passedAt ?? 0) / 1000);
      memory.set(process.memoryUsage.rss());
      cpu.reset();
      const { user, system } = process.cpuUsage();
      cpu.inc((user + system) / 1e6);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

function fill(gauge: Gauge, label: string, values: Record<string, number>): void {
  gauge.reset();
  for (const [name, value] of Object.entries(values)) gauge.set({ [label]: name }, value);
}
