/** The part of csv-parse that midst uses; its own types would bring in Node's. */
export interface CsvParseOptions {
  delimiter: string;
  record_delimiter: string;
  relax_column_count: boolean;
  skip_empty_lines: boolean;
  trim: boolean;
  on_record: (record: string[], context: { lines: number }) => null;
}
export function parse(text: string, options: CsvParseOptions): unknown;
