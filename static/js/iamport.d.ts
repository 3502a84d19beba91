// The part of I'mport's browser SDK (https://cdn.iamport.kr/v1/iamport.js) that issues billing keys: what
// `IMP.request_pay` takes, with the fields that the guides' documents name, and what its callback receives.

/** Fields that only one PG reads. */
interface Bypass {
  inicis?: { authtype?: string };
  /** Paymentwall: `t3_1` opens the Terminal3 window. */
  widget_code?: string;
  ps?: string;
  country_code?: string;
  logo_url?: string;
  project_name?: string;
  product_price_without_tax?: number;
  sales_tax?: number;
}

interface RequestPayParams {
  /** `code` or `code.MID`. Today's console gives a `channelKey` instead. */
  pg?: string;
  channelKey?: string;
  pay_method: "card" | "trans" | "vbank" | "phone" | (string & {});
  /** At most 40 characters; a number that was paid is refused. */
  merchant_uid: string;
  /** Its presence makes the payment the issue of a billing key. At most 80 characters. */
  customer_uid?: string;
  name: string;
  /** In major units. Text is refused. */
  amount: number;
  currency?: string;
  tax_free?: number;
  buyer_name?: string;
  buyer_email?: string;
  buyer_tel?: string;
  buyer_addr?: string;
  buyer_postcode?: string;
  language?: "ko" | "en" | "zh";
  m_redirect_url?: string;
  notice_url?: string | string[];
  app_scheme?: string;
  customer_id?: string;
  custom_data?: Record<string, unknown>;
  use_test_method?: boolean;
  bypass?: Bypass;
}

/** A claim until the server has read the payment. With newer modules, only the ids and the error are there. */
interface RequestPayResponse {
  imp_uid: string | null;
  merchant_uid: string;
  error_code?: string;
  error_msg?: string;
  /** @deprecated anyone can send it, and newer modules leave it out */
  success?: boolean;
}

interface Iamport {
  /** Once per page, before `request_pay`. */
  init(merchantCode: string): void;
  agency(merchantCode: string, tierCode: string): void;
  request_pay(params: RequestPayParams, callback?: (rsp: RequestPayResponse) => void): void;
}

interface Window {
  /** Absent when the script did not load. */
  IMP?: Iamport;
}

declare const IMP: Iamport;
