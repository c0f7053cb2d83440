// Only the fields of the chosen kind are shown. Without scripts all are, and those of other kinds are ignored.
const fieldsOf = {
  amount: ["amount_fen"],
  percent: ["percent_off_bp", "cap_fen"],
  gift: ["gift_sku_id", "gift_quantity"],
  freight: [],
  service: ["worth_fen"],
};
// A service is handed out without a purchase.
const ofPurchases = ["threshold_fen", "sku_ids", "excluded_sku_ids", "category_ids"];
const kind = document.querySelector("select[name=kind]");
if (kind) {
  const show = () => {
    for (const [name, fields] of Object.entries(fieldsOf)) {
      for (const field of fields) {
        document.querySelector(`.offer-${field}`).hidden = name !== kind.value;
      }
    }
    for (const field of ofPurchases) document.querySelector(`.offer-${field}`).hidden = kind.value === "service";
  };
  kind.addEventListener("change", show);
  show();
}
