/** How builds reach the outside: all optional, since most networks need none of it and banks need all of it. */
export interface BuildSettings {
  /** PEM file with the certificates to trust in images; default: those of the host. */
  caBundle?: string;
  httpProxy?: string;
  httpsProxy?: string;
  /** Comma-separated hosts that are reached without the proxy. */
  noProxy?: string;
  /** Registry that is asked for `debian:bookworm-slim`, for example `mirror.example:5000`; default: Docker's own. */
  registryMirror?: string;
  registryUser?: string;
  registryPassword?: string;
  /** `none`: commands and Dockerfiles of apps reach nothing at all; everything that they need is in their images. */
  appNetwork?: 'none';
  /** Where Debian's packages come from when the base is bootstrapped; default: deb.debian.org. */
  debianMirror?: string;
  /** Where the Jakarta EE servers come from; default: Maven Central. */
  mavenMirror?: string;
}

/** Proxy settings in both spellings: apt reads lower case, Java and Node tools upper case. BuildKit keeps them out of
 * the image and its history. */
export function proxyVariables(settings: BuildSettings): Record<string, string> {
  const values: Record<string, string | undefined> = {
    http_proxy: settings.httpProxy,
    https_proxy: settings.httpsProxy,
    no_proxy: settings.noProxy,
  };
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') {
      variables[name] = value;
      variables[name.toUpperCase()] = value;
    }
  }
  return variables;
}
