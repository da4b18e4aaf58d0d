import { type ExchangeOn, respond } from './exchange.ts'

/** `GET /v2/`: reaching it says that the credential is good. */
export async function getBase(exchange: ExchangeOn<'base'>): Promise<void> {
  respond(exchange, 200, ['Content-Type', 'application/json', 'Content-Length', '2'], '{}')
}
