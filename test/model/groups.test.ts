import { test } from 'vitest'
import { playHistories, RUNS } from '../world/model-histories.ts'

test(
  `order: 'group': in ${RUNS} random histories, what is sent, what is told and what is stored is what the model says`,
  () => playHistories('group'),
  3_600_000,
)
