export { explained, runProcess } from './main';
export { type RunningProcess, startProcess, type StartOptions } from './process';
export { atEndOfData, bringShopIn, reportShop, requireShop, ShopError, type ShopTools, step } from './shop/shop';
