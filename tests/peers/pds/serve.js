// The reference Bluesky server with a directory of its own, on loopback only. Prints one line of JSON when it answers;
// ends, with all it stored, on SIGTERM or when its standard input closes. For tests; nothing of the product needs it.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Database, PlcServer } from '@did-plc/server'
import { PDS, envToCfg, envToSecrets } from '@atproto/pds'

const LOOPBACK = '127.0.0.1'
const data = mkdtempSync(path.join(process.env.PEER_DATA ?? tmpdir(), 'pds-'))
const hex = (bytes) => randomBytes(bytes).toString('hex')

function onLoopback(app) {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, LOOPBACK, ...rest)
}

async function started(server) {
  onLoopback(server.app)
  const listening = await server.start()
  return listening.address().port
}

const directory = PlcServer.create({ db: Database.mock(), port: 0 })
const plcPort = await started(directory)
const env = {
  devMode: true,
  port: 0,
  hostname: 'localhost',
  serviceName: 'Test server',
  dataDirectory: data,
  blobstoreDiskLocation: path.join(data, 'blobs'),
  blobstoreDiskTmpLocation: path.join(data, 'blobs-tmp'),
  didPlcUrl: `http://${LOOPBACK}:${plcPort}`,
  serviceHandleDomains: ['.test'],
  handleBackupNameservers: [],
  crawlers: [],
  trustedOAuthClients: [],
  inviteRequired: false,
  disableSsrfProtection: true,
  rateLimitsEnabled: process.argv.includes('--limits'),
  rateLimitBypassIps: [],
  adminPassword: hex(8),
  jwtSecret: hex(16),
  dpopSecret: hex(32),
  plcRotationKeyK256PrivateKeyHex: hex(32),
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
const port = await started(pds)
console.log(JSON.stringify({ base_url: `http://${LOOPBACK}:${port}`, port }))

let ending = false
async function end() {
  if (ending) return
  ending = true
  await pds.destroy().catch(() => {})
  await directory.destroy().catch(() => {})
  rmSync(data, { recursive: true, force: true })
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.stdin.on('end', end).resume()
