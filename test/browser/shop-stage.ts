import { afterEach, beforeEach } from 'vitest'
import { Browser } from './browser.ts'
import { ShopServer } from './shop-server.ts'

export let shop: ShopServer
export let browser: Browser

/**
 * Each test of the file gets a server and a browser.
 *
 * @param args what the browser is told beside the usual.
 */
export function useShop(args: readonly string[] = []): void {
  beforeEach(async () => {
    shop = await ShopServer.start()
    browser = await Browser.launch(args)
  })
  afterEach(async () => {
    await browser.close()
    await shop.close()
  })
}
