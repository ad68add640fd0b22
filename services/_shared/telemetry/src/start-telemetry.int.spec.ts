import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openOtlpReceiver } from './testing/index.ts';

const run = promisify(execFile);
const module = new URL('./start-telemetry.ts', import.meta.url).href;
const spans = new URL('./spans.ts', import.meta.url).href;
const directory = fileURLToPath(new URL('.', import.meta.url));

/** A process of its own: what is registered once stays. */
async function inProcess(script: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const source = `
    import { startTelemetry } from '${module}';
    import { beginSpan } from '${spans}';
    const clock = { sleep: (ms, signal) => new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); });
    }) };
    const troubles = [];
    const options = { service: 'test', clock, onTrouble: (trouble) => troubles.push(trouble) };
    ${script}
  `;
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', source],
    { cwd: directory, env: { ...process.env, ...environment } },
  );
  return stdout.trim();
}

/** Nobody listens there any more. */
async function closedUrl(): Promise<string> {
  const { url, close } = await openOtlpReceiver();
  await close();
  return url;
}

const sdksOf = `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({ load(url, context, next) {
    const [, name] = /node_modules\\/((?:@opentelemetry\\/)?[^/]+)\\//.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  } });
`;

describe('the loader', () => {
  test.each([
    ['off', ['@opentelemetry/api'], ['dd-trace', '@opentelemetry/sdk-trace-base']],
    ['otel', ['@opentelemetry/sdk-trace-base'], ['dd-trace']],
    ['datadog', ['dd-trace'], ['@opentelemetry/sdk-trace-base']],
  ])('loads what %s needs, and nothing else', async (mode, needed, others) => {
    const source = sdksOf.replaceAll('\n', ' ');
    const said = await inProcess(`
      const hooks = await import('data:text/javascript,' + encodeURIComponent(${JSON.stringify(source)} + 'export { loaded };'));
      const { startTelemetry: start } = await import('${module}?again');
      const telemetry = await start('${mode}', options);
      console.log(JSON.stringify([...hooks.loaded]));
      process.exit(0);
    `);
    const loaded = JSON.parse(said) as string[];
    for (const name of needed.filter((each) => each !== '@opentelemetry/api')) expect(loaded).toContain(name);
    for (const name of others) expect(loaded).not.toContain(name);
  });

  test.each(['otel', 'datadog'])('%s refuses to be the second tracer of a process', async (mode) => {
    const said = await inProcess(`
      import { trace } from '@opentelemetry/api';
      trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => ({ spanContext: () => ({}) }) }) });
      await startTelemetry('${mode}', options).catch((error) => console.log(error.name, error.message));
      process.exit(0);
    `);
    expect(said).toMatch(/^TelemetryError TELEMETRY=\w+ finds another tracer in this process: .*NODE_OPTIONS/);
    expect(said).not.toContain('\n');
  });

  test('a sampler that takes nothing is no reason to refuse', async () => {
    const said = await inProcess(
      `
      await startTelemetry('otel', options);
      console.log(beginSpan(() => ({ name: 'work', kind: 'server' })) === undefined);
      process.exit(0);
    `,
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    );
    expect(said).toBe('true');
  });

  test('datadog refuses to be silent', async () => {
    const said = await inProcess(
      `
      await startTelemetry('datadog', options).catch((error) => console.log(error.name, error.message));
      process.exit(0);
    `,
      { DD_TRACE_ENABLED: 'false' },
    );
    expect(said).toMatch(/^TelemetryError TELEMETRY=datadog would record nothing: /);
  });

  test.each([
    ['otel', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['datadog', 'DD_TRACE_AGENT_URL'],
  ])('%s works and closes when nobody takes what it sends', async (mode, variable) => {
    const said = await inProcess(
      `
      const telemetry = await startTelemetry('${mode}', options);
      const span = beginSpan(() => ({ name: 'work', kind: 'server' }));
      const answer = span.run(() => 'done');
      span.end();
      await telemetry.close();
      console.log(answer);
      process.exit(0);
    `,
      { [variable]: await closedUrl() },
    );
    expect(said.split('\n').at(-1)).toBe('done');
  });
});
