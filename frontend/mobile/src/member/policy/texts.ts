/**
 * What a member agrees to, in words that people read. Long texts stay with their page, out of the main package; Chinese
 * holds, English stands beside it. A change of meaning needs a new POLICY_VERSION (lib/consents.ts).
 */

export interface Policy {
  readonly title: string
  readonly lead: string
  readonly sections: ReadonlyArray<{ readonly title: string; readonly text: readonly string[] }>
}
export type PolicyKind = 'terms' | 'privacy' | 'marketing' | 'associate'

export const POLICIES: Readonly<Record<'zh' | 'en', Readonly<Record<PolicyKind, Policy>>>> = {
  zh: {
    terms: {
      title: '会员服务协议',
      lead: '欢迎成为我们的会员。下面用平常话说清楚会员有什么权益、双方各要做什么。',
      sections: [
        { title: '一、成为会员', text: ['用手机号或微信登录即成为会员,免费。一个人一个会员号,线上商城和所有门店通用。', '请使用本人的手机号。换号后请尽快联系门店更新。'] },
        { title: '二、积分、等级与优惠券', text: ['线上和门店购物都能得积分和成长值,具体比例以门店公示为准。退货会扣回相应的积分和成长值。', '积分最长保留两年,到期清零,到期前可在「积分」页查看。', '优惠券按券面说明使用。转赠的券被领取后即归对方所有,未领取前可以收回。'] },
        { title: '三、订单与售后', text: ['下单前请核对商品、价格、取货方式和时间;提交订单并付款后,门店开始备货。', '需要退换时,可在订单里申请,或带上小票、会员码到就近门店办理。'] },
        { title: '四、会员码', text: ['会员码每分钟更新,用于结账时识别您的身份。请勿截图给他人,以免积分和优惠券被他人使用。'] },
        { title: '五、结束会员', text: ['您可以随时在「隐私与数据」里注销。注销后积分、优惠券、等级不再保留;有未完成订单时请先完成或取消。'] },
      ],
    },
    privacy: {
      title: '隐私政策',
      lead: '我们只收集服务您所必需的信息,您随时可以查看、更正、带走和删除它们。',
      sections: [
        { title: '一、我们收集什么', text: ['手机号:用来登录和认出您的会员身份。', '姓名、生日、收货地址:您愿意填写时才收集,用于称呼、生日礼遇和配送。', '购物记录、积分、优惠券:用于履行订单、计算权益和处理售后。', '位置:仅在您同意时使用,用来找附近门店和计算配送,不会保存您的行踪。'] },
        { title: '二、怎样保管', text: ['姓名、手机号和地址加密保存,页面上只显示打码后的样子;员工查看完整信息需要权限、说明理由并留下记录。', '手机里只保存登录凭证、语言、主题和上次的门店,不保存您的个人资料。'] },
        { title: '三、会给谁', text: ['配送您的订单时,把收件人、电话和地址交给承运方;付款由支付机构处理。除此之外,没有您的同意或法律要求,不会提供给别人。'] },
        { title: '四、您的权利', text: ['查看和更正:在「个人资料」和「收货地址」里。', '带走:在「隐私与数据」里导出一份完整的副本。', '撤回同意:每一项用途都可以单独关闭,立即生效。', '删除:注销会员后,您的身份信息被永久销毁,账册里只留下无法认出您的编号。'] },
        { title: '五、保存多久', text: ['会员期间一直保存;登录验证码五分钟失效。依法须保存的交易记录按法律规定的期限保存。'] },
        { title: '六、联系我们', text: ['对隐私有任何疑问,可到任意门店或拨打门店电话,我们会在十五个工作日内答复。'] },
      ],
    },
    marketing: {
      title: '新品与优惠消息',
      lead: '同意后,我们可以把新品、活动和优惠券到期提醒发给您。',
      sections: [
        { title: '会收到什么', text: ['适合您的新品、活动和优惠券,以及快到期的积分和优惠券提醒。不会天天打扰。'] },
        { title: '怎样关闭', text: ['在「隐私与数据」里一点即可关闭,立即生效,不影响会员权益。订单和售后通知不属于营销消息,仍会发送。'] },
      ],
    },
    associate: {
      title: '导购联系',
      lead: '同意后,您的专属导购可以主动联系您。',
      sections: [
        { title: '会怎样联系', text: ['导购可以告诉您到货、搭配建议和售后进展。导购只能看到打码后的资料和与服务有关的购物记录。'] },
        { title: '怎样关闭', text: ['在「隐私与数据」里一点即可关闭,立即生效。您仍然可以主动联系导购。'] },
      ],
    },
  },
  en: {
    terms: {
      title: 'Member agreement',
      lead: 'Welcome. This says in plain words what members get, and what each side does.',
      sections: [
        { title: '1. Becoming a member', text: ['You become a member by signing in with a phone number or WeChat. It is free. One person has one membership, good online and in every store.', 'Please use your own number, and tell a store when it changes.'] },
        { title: '2. Points, tiers and coupons', text: ['Shopping online and in store earns points and growth at the rates each store shows. Returns take the same amount back.', 'Points live for two years at most. The points page shows what ends when.', 'Coupons hold as they say. A coupon given away belongs to whoever accepts it; until then you can take it back.'] },
        { title: '3. Orders and returns', text: ['Check goods, price, and how and when you get them before ordering. The store prepares the order once it is paid.', 'Ask for a return from the order, or bring the receipt or your member code to a store near you.'] },
        { title: '4. Member code', text: ['The code changes every minute and tells the till who you are. Do not share pictures of it, or others may use your points and coupons.'] },
        { title: '5. Leaving', text: ['You can close your membership any time under Privacy. Points, coupons and tier end with it. Open orders have to be finished or cancelled first.'] },
      ],
    },
    privacy: {
      title: 'Privacy policy',
      lead: 'We collect only what serving you needs. You can see, correct, take away and delete it at any time.',
      sections: [
        { title: '1. What we collect', text: ['Phone number: to sign in and to know which member you are.', 'Name, birthday, addresses: only if you enter them, to address you, for your birthday treat and for delivery.', 'Purchases, points, coupons: to fulfil orders, work out what you get, and handle returns.', 'Position: only if you allow it, to find stores and delivery. Where you went is not kept.'] },
        { title: '2. How it is kept', text: ['Names, numbers and addresses are encrypted and shown masked. Staff need permission and a reason to see them whole, and it is recorded.', 'Your phone keeps the sign-in, language, theme and last store, none of your personal data.'] },
        { title: '3. Who gets it', text: ['Couriers get recipient, phone and address of your order; payments are handled by payment providers. Nobody else gets anything without your consent or a legal duty.'] },
        { title: '4. Your rights', text: ['See and correct: under Profile and Addresses.', 'Take away: export a full copy under Privacy.', 'Withdraw: each purpose can be switched off by itself, at once.', 'Delete: closing the membership destroys your identity for good; the books keep a number nobody can trace to you.'] },
        { title: '5. How long', text: ['As long as you are a member; sign-in codes for five minutes. Records of trade as long as the law demands.'] },
        { title: '6. Contact', text: ['Ask in any store or call one. You get an answer within fifteen working days.'] },
      ],
    },
    marketing: {
      title: 'News and offers',
      lead: 'If you agree, we may send you new things, offers and reminders of what ends.',
      sections: [
        { title: 'What you get', text: ['New things, offers and coupons that suit you, and reminders of points and coupons that end soon. Not every day.'] },
        { title: 'How to stop', text: ['One tap under Privacy, at once, and you lose nothing. Notices about orders and returns are not advertising and still come.'] },
      ],
    },
    associate: {
      title: 'Messages from my associate',
      lead: 'If you agree, your associate may contact you first.',
      sections: [
        { title: 'How', text: ['To tell you of arrivals, advice and the progress of a return. They see masked data and the purchases that matter for serving you.'] },
        { title: 'How to stop', text: ['One tap under Privacy, at once. You can still contact them.'] },
      ],
    },
  },
}
