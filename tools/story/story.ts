import { CustomerDocument, MessageDocument } from '@tsunagari/client';
import { actor, type Actor } from './actor';
import * as her from './aya';
import * as brands from './brand';
import { type Buyer, buyersOf, codeOf, lives, reachedWithinFourWeeks, signUps } from './buyers';
import type { StoryPlatform } from './platform';
import { type Telling, telling } from './telling';
import { FIRST_MONDAY, HOUR, LAST_WEEK, weekAt } from './weeks';

export type StoryOptions = {
  readonly seed: number;
  /** How many buyers live around Aya. */
  readonly buyers: number;
  readonly onWeek?: (week: number, of: number, day: string) => void;
};

export type Story = { readonly telling: Telling; readonly aya: her.Aya; readonly buyers: readonly Buyer[]; readonly brand: brands.Brand };

/** So many buyers act at the same time: what one of them does is in order, what two do is not. */
const AT_ONCE = 12;

/**
 * Six months of a shampoo brand that sells through retailers, by the commands that a brand and its customers send. The same seed tells
 * the same story, on any platform whose clock stands at {@link FIRST_MONDAY}.
 */
export async function tellStory(platform: StoryPlatform, { seed, buyers: count, onWeek }: StoryOptions): Promise<Story> {
  let moment = FIRST_MONDAY;
  const told = telling(() => moment);
  const moveTo = async (next: string): Promise<void> => platform.moveTo((moment = next));
  const by = async (role: Parameters<StoryPlatform['as']>[0]): Promise<Actor> => actor(role, await platform.as(role));
  const brand = { marketer: await by('marketer'), data: await by('data'), operations: await by('ops') };
  const aya = her.aya({
    self: actor(her.AYA, await platform.asCustomer(her.AYA)),
    site: actor('site', await platform.as('frontend')),
    desk: await by('success'),
    telling: told,
  });
  const buyers = buyersOf(seed, count);
  const actors = new Map<Buyer, Actor>();
  for (const buyer of buyers) actors.set(buyer, actor(buyer.userId, await platform.as('frontend')));

  await brands.setsItsStrategy(brand, told);
  await brands.opensTouchpoints(brand, [...buyers.map(({ code }) => code), codeOf(count)], told);
  await brands.preparesProposals(brand, told);
  await brands.launchesTheService(brand, told);

  for (let week = 1; week <= LAST_WEEK; week++) {
    await moveTo(weekAt(week));
    onWeek?.(week, LAST_WEEK, moment.slice(0, 10));
    const newcomers = buyers.filter(({ joins }) => joins === week);
    if (newcomers.length > 0) await platform.collect(signUps(newcomers, moment));
    if (newcomers.length > 0) await platform.settled();
    await atOnce(buyers, (buyer) => lives(buyer, week, actors.get(buyer) ?? aya.site));
    await platform.settled();
    await chapter(week);
  }
  await moveTo(weekAt(LAST_WEEK, HOUR));
  return { telling: told, aya, buyers, brand };

  /** What happens in a week besides. */
  async function chapter(week: number): Promise<void> {
    switch (week) {
      case 1:
        await platform.collect([
          { type: 'identify', userId: her.AYA, messageId: 'sign-up-aya', timestamp: moment, traits: { email: her.AYA_MAIL } },
        ]);
        await platform.settled();
        await her.connects(aya, codeOf(count));
        await her.assesses(aya, 2, { ja: '毎朝からまります。', en: 'It tangles every morning.' });
        await platform.settled();
        aya.known.customerId =
          (await aya.desk.reads(CustomerDocument, { identifier: { type: 'USER_ID', value: her.AYA } })).customer?.id ?? '';
        await her.getsTheNextBest(aya);
        await her.isNotSoldTo(aya);
        return;
      case 2: {
        await moveTo(weekAt(week, 13.5 * HOUR));
        const messageId = await her.isWrittenToAtNight(aya);
        await platform.settled();
        const { message } = await aya.desk.reads(MessageDocument, { messageId });
        await moveTo(weekAt(week, 24 * HOUR));
        await her.readsItInTheMorning(aya, messageId, message?.dueAt == null ? null : inTokyo(message.dueAt));
        return;
      }
      case 3:
        return her.assesses(aya, 3, { ja: '少しよくなりました。', en: 'A little better.' });
      case 4:
        return brands.adoptsAnotherHowTo(brand, told);
      case 5:
        await her.getsTheNextBest(aya);
        return;
      case 7:
        await her.assesses(aya, 4, { ja: 'すっと梳けました。', en: 'It combed through.' });
        await platform.settled();
        await her.seesHerOutcome(aya);
        return brands.rejectsADiscount(brand, told);
      case 9:
        await her.getsTheNextBest(aya);
        return her.subscribes(aya);
      case 10: {
        await her.assesses(aya, 5, { ja: '雨の日も大丈夫です。', en: 'Also on rainy days.' });
        const before = await reachedWithinFourWeeks(buyers, 1, 5, aya.desk);
        const after = await reachedWithinFourWeeks(buyers, 5, 7, aya.desk);
        return brands.evaluatesTheTuning(brand, brands.differenceOf(before, after), told);
      }
      case 13:
        return her.isBilled(aya);
      case 15:
        return her.pauses(aya, weekAt(22));
      case 18:
        await her.resumes(aya);
        return brands.closesTheForgottenCycle(brand, told);
      case 19:
        return her.assesses(aya, 5, { ja: '旅先でも。', en: 'On the road as well.' });
      case 21:
        return her.cancels(aya);
      case 22:
        await her.undoesIt(aya);
        return brands.servesTheOtherPurpose(brand, told);
      case 23:
        return her.isBilled(aya);
    }
  }
}

async function atOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}

const inTokyo = (moment: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' }).format(new Date(moment));
