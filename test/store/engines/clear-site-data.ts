import type { Plugin } from 'vite'

/** Where a test goes to have the site's data cleared, as a user does: with every connection to a database closed by force. */
export const CLEAR_SITE_DATA = '/clear-site-data'

/** Serves that address beside the tests, since only the site's own server may ask for it (https://w3c.github.io/webappsec-clear-site-data/). */
export function clearSiteData(): Plugin {
  return {
    name: 'clear-site-data',
    configureServer(server) {
      server.middlewares.use(CLEAR_SITE_DATA, (_request, response) => {
        response.setHeader('clear-site-data', '"storage"').end()
      })
    },
  }
}
