/**
 * The settings document that analytics-next reads from `<cdn>/v1/projects/<writeKey>/settings`: our one destination, no plug-ins, no
 * metrics sent to anybody.
 */
export function settingsDocument(writeKey: string, apiHost: string, protocol: string): unknown {
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${apiHost}/v1`,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: false,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}
