/** The calendar that folds and statistics count with, of `metrics`. */
export { calendarOf, type DayNumber, dayNumberOf, dayOf, firstDayOfMonth, monthNumberOf, monthOf, startOfDay } from '@tsunagari/metrics';
