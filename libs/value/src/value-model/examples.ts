import type { ValueModelExample } from './value-model.decider';

/**
 * Value models of three companies as a talk told them (document 002 of the design). `source`: the layer was said there in these
 * words. `interpretation`: our reading, to be questioned. Only Lululemon's three layers were said.
 */
export const valueModelExamples: Readonly<Record<'peloton' | 'walgreens' | 'lululemon', ValueModelExample>> = {
  peloton: {
    name: 'peloton',
    connected: [
      {
        layerId: 'best-state',
        text: {
          ja: '心身の健康：最高の状態へ、いつも励まされる',
          en: 'Mental and physical health: always encouraged toward the best state',
        },
        motive: { ja: '自分を最高の状態に保ちたい', en: 'To keep oneself in the best state' },
        origin: 'source',
      },
    ],
    experiential: [
      {
        layerId: 'encouraged',
        parentId: 'best-state',
        text: { ja: '自宅で、仲間とインストラクターに励まされて走る', en: 'Riding at home, encouraged by instructors and others' },
        origin: 'interpretation',
      },
    ],
    functional: [
      {
        layerId: 'connected-bike',
        parentId: 'encouraged',
        text: { ja: 'IoT のロードバイクと、トレーニング動画の定期購読', en: 'An IoT road bike, and training videos by subscription' },
        productIds: [],
        origin: 'interpretation',
      },
    ],
  },
  walgreens: {
    name: 'walgreens',
    connected: [
      {
        layerId: 'staying-healthy',
        text: { ja: '健康であり続ける', en: 'Staying healthy' },
        motive: { ja: '健康なまま暮らし続けたい', en: 'To go on living in good health' },
        origin: 'source',
      },
    ],
    experiential: [
      {
        layerId: 'care-nearby',
        parentId: 'staying-healthy',
        text: { ja: '近くの店で、薬剤師に予防接種や相談をしてもらえる', en: 'Vaccination and advice by a pharmacist in a store nearby' },
        origin: 'interpretation',
      },
    ],
    functional: [
      {
        layerId: 'pharmacy',
        parentId: 'care-nearby',
        text: {
          ja: '店舗、予防接種、店頭受取、オンライン健康相談',
          en: 'Stores, vaccinations, pick-up in store, health consultation online',
        },
        productIds: [],
        origin: 'interpretation',
      },
    ],
  },
  lululemon: {
    name: 'lululemon',
    connected: [
      {
        layerId: 'empowering-people',
        text: { ja: '人々に力を与える（Empowering People）', en: 'Empowering People' },
        motive: { ja: '自分の可能性を生きたい', en: 'To live up to what one can be' },
        origin: 'source',
      },
    ],
    experiential: [
      {
        layerId: 'community-hub',
        parentId: 'empowering-people',
        text: { ja: 'コミュニティの場（Community Hub）', en: 'Community Hub' },
        origin: 'source',
      },
    ],
    functional: [
      {
        layerId: 'right-tools',
        parentId: 'community-hub',
        text: { ja: '正しい道具（Right Tools）', en: 'Right Tools' },
        productIds: [],
        origin: 'source',
      },
    ],
  },
};
