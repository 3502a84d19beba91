"""Standard codes of Korean card companies and banks, as strings. Records, `/cards` and `/banks` use them.

Source: the code tables of the documentation (Korea Financial Telecommunications and Clearings Institute).
"""

from collections.abc import Mapping

CARDS: Mapping[str, str] = {
    "361": "BC카드",
    "364": "광주카드",
    "365": "삼성카드",
    "366": "신한카드",
    "367": "현대카드",
    "368": "롯데카드",
    "369": "수협카드",
    "370": "씨티카드",
    "371": "NH카드",
    "372": "전북카드",
    "373": "제주카드",
    "374": "하나카드",
    "381": "국민카드",
    "041": "우리카드",
    "071": "우체국",
}

BANKS: Mapping[str, str] = {
    "002": "KDB산업은행",
    "003": "IBK기업은행",
    "004": "국민은행",
    "007": "수협은행",
    "011": "NH농협은행",
    "012": "지역농축협",
    "020": "우리은행",
    "023": "SC제일은행",
    "027": "한국씨티은행",
    "031": "대구은행",
    "032": "부산은행",
    "034": "광주은행",
    "035": "제주은행",
    "037": "전북은행",
    "039": "경남은행",
    "045": "새마을금고",
    "048": "신협",
    "050": "저축은행",
    "064": "산림조합",
    "071": "우체국",
    "081": "하나은행",
    "088": "신한은행",
    "089": "케이뱅크",
    "090": "카카오뱅크",
    "092": "토스뱅크",
}
